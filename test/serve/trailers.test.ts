import { describe, expect, test } from 'vitest';
import { answer, nodeWays, ways } from '../harness/matrix.ts';
import { type RawReply, connectRaw } from '../harness/raw-client.ts';
import { serveGuest } from '../harness/serve-guest.ts';
import { startUpstream } from '../harness/upstream.ts';

const CHUNKED = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\nTrailer: X-One, X-Two\r\n\r\n';

async function post(origin: string, ...trailerLines: string[]): Promise<RawReply> {
  await using client = await connectRaw(origin);
  await client.send(CHUNKED);
  await client.sendChunk('body');
  await client.sendChunk('', ...trailerLines);
  return await client.readReply();
}

describe.each(ways)('$engine $isolation $exchange', (way) => {
  test('a request without trailers has none', async () => {
    await using guest = await answer(way, 'trailers');
    const response = await guest.send('/', { method: 'POST', body: 'x' });
    expect(await response.text()).toBe('trailers: none\n');
  });
});

describe.each(nodeWays)('on sockets of ours, $engine $isolation', (way) => {
  test("a guest's trailer follows the last chunk", async () => {
    await using served = await serveGuest('trailers', {}, way);
    const reply = await post(served.origin);
    expect(reply).toMatchObject({ body: 'trailers: none\n', trailerLines: ['x-checksum: ok'], ending: 'framed' });
  });

  test("a client's trailers reach the guest, order, repetitions and bytes kept", async () => {
    await using served = await serveGuest('trailers', {}, way);
    const reply = await post(served.origin, 'X-One: 1', 'X-Two: caf\u{e9}', 'X-One: 3');
    expect(reply.body).toBe('trailers: 3\n');
    expect(reply.trailerLines).toEqual([
      'x-echo-x-one: 1',
      'x-echo-x-two: caf\u{e9}',
      'x-echo-x-one: 3',
      'x-checksum: ok',
    ]);
  });

  test('a guest sees no trailer that belongs to the connection', async () => {
    await using served = await serveGuest('trailers', {}, way);
    const reply = await post(served.origin, 'Keep-Alive: 1', 'X-One: 1', 'Host: evil');
    expect(reply.body).toBe('trailers: 1\n');
  });

  test('echo gives trailers back', async () => {
    await using served = await serveGuest('echo', {}, way);
    const reply = await post(served.origin, 'X-One: 1');
    expect(reply).toMatchObject({ body: 'body', trailerLines: ['x-one: 1'], ending: 'framed' });
  });

  test('a proxy passes trailers both ways', async () => {
    await using upstream = await startUpstream((incoming, outgoing) => {
      outgoing.writeHead(200, { trailer: 'x-back' });
      incoming.pipe(outgoing, { end: false });
      incoming.once('end', () => {
        outgoing.addTrailers({ 'x-back': incoming.trailers['x-one'] ?? 'none' });
        outgoing.end();
      });
    });
    await using served = await serveGuest('proxy', {}, way);
    await using client = await connectRaw(served.origin);
    await client.send(CHUNKED.replace('/', `/?url=${upstream.origin}`));
    await client.sendChunk('body');
    await client.sendChunk('', 'X-One: there');
    expect(await client.readReply()).toMatchObject({ body: 'body', trailerLines: ['x-back: there'], ending: 'framed' });
  });
});
