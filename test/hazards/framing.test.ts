import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type RawReply, connectRaw, rawGet, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { failuresOf, serveGuest, untilAnswered } from '../harness/serve-guest.ts';

function framingOf(reply: RawReply): Record<string, string[]> {
  return { length: valuesOf(reply, 'content-length'), coding: valuesOf(reply, 'transfer-encoding') };
}

const NO_FRAMING = { length: [], coding: [] };

describe('a reply that has no body by its kind', () => {
  test.each([204, 304])('%i has no framing, and the next reply follows', async (code) => {
    await using served = await serveGuest('status');
    await using client = await connectRaw(served.origin);
    await client.send(rawGet(`/?code=${code}`));
    const reply = await client.readReply();
    expect({ status: reply.status, ...framingOf(reply) }).toEqual({ status: code, ...NO_FRAMING });

    await client.send(rawGet('/?code=200'));
    expect((await client.readReply()).status).toBe(200);
  });

  test.each([
    { guest: 'hello', path: '/', framing: NO_FRAMING },
    { guest: 'slow-body', path: '/?chunks=2&ms=1', framing: NO_FRAMING },
    { guest: 'content-length', path: '/?declared=5&written=5', framing: { length: ['5'], coding: [] } },
    { guest: 'flood', path: '/?bytes=3000000', framing: NO_FRAMING },
    { guest: 'empty', path: '/?kind=none', framing: NO_FRAMING },
    { guest: 'trailers', path: '/', framing: NO_FRAMING },
    { guest: 'never-set', path: '/', framing: NO_FRAMING },
  ])('HEAD of $guest has the head alone, and the next reply follows', async ({ guest, path, framing }) => {
    await using served = await serveGuest(guest);
    await using client = await connectRaw(served.origin);
    await client.send(`HEAD ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
    expect(framingOf(await client.readReply({ method: 'HEAD' }))).toEqual(framing);

    await client.send(rawGet(path));
    expect((await client.readHead()).statusLine).toMatch(/^HTTP\/1\.1 /);
  });
});

describe('a reply with a body', () => {
  test.each(['none', 'finished', 'stream'])('that is empty, by kind %s, has length 0', async (kind) => {
    await using served = await serveGuest('empty');
    const reply = await requestRaw(served.origin, rawGet(`/?kind=${kind}`));
    expect({ ...framingOf(reply), body: reply.body }).toEqual({ length: ['0'], coding: [], body: '' });
  });

  test('that is finished with the head comes with it in one packet', async () => {
    await using served = await serveGuest('hello');
    const socket = connect(Number(new URL(served.origin).port), '127.0.0.1');
    socket.write(rawGet('/'));
    const [packet] = (await once(socket, 'data')) as [Buffer];
    expect(packet.toString()).toMatch(/content-length: 23\r\n[^]*\r\n\r\nHello from wasi-serve!\n$/i);
    socket.destroy();
  });

  test('that streams comes in chunks, each flush on the wire', async () => {
    await using served = await serveGuest('slow-body');
    const reply = await requestRaw(served.origin, rawGet('/?chunks=3&ms=5'));
    expect({ ...framingOf(reply), chunks: reply.chunks, ending: reply.ending }).toEqual({
      length: [],
      coding: ['chunked'],
      chunks: ['chunk 0\n', 'chunk 1\n', 'chunk 2\n'],
      ending: 'framed',
    });
  });

  test('that streams with a declared length has that and no chunks', async () => {
    await using served = await serveGuest('content-length');
    const reply = await requestRaw(served.origin, rawGet('/?declared=3000000&written=3000000'));
    expect(framingOf(reply)).toEqual({ length: ['3000000'], coding: [] });
    expect(reply).toMatchObject({ ending: 'framed', body: 'x'.repeat(3_000_000) });
  });

  test('that ends with trailers has them after its last chunk', async () => {
    await using served = await serveGuest('trailers');
    const post = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\nTrailer: x-a\r\n\r\n';
    const reply = await requestRaw(served.origin, `${post}3\r\nabc\r\n0\r\nx-a: 1\r\nx-a: 2\r\n\r\n`);
    expect(reply).toMatchObject({ body: 'trailers: 2\n', ending: 'framed' });
    expect(reply.trailerLines).toEqual(['x-echo-x-a: 1', 'x-echo-x-a: 2', 'x-checksum: ok']);
  });

  test('that announces trailers but has none is still whole', async () => {
    await using served = await serveGuest('echo');
    const post = 'POST / HTTP/1.1\r\nHost: test\r\nTrailer: x-a\r\nContent-Length: 3\r\n\r\nabc';
    expect(await requestRaw(served.origin, post)).toMatchObject({ status: 200, body: 'abc', ending: 'framed' });
    const empty = 'POST / HTTP/1.1\r\nHost: test\r\nTrailer: x-a\r\n\r\n';
    expect(await requestRaw(served.origin, empty)).toMatchObject({ status: 200, body: '', ending: 'framed' });
    expect(failuresOf(served)).toEqual([]);
  });
});

const get10 = (path: string, ...lines: string[]): string =>
  [`GET ${path} HTTP/1.0`, 'Host: test', ...lines, '', ''].join('\r\n');

describe('a client of HTTP/1.0', () => {
  test.each([
    { guest: 'hello', path: '/', length: ['23'], body: 'Hello from wasi-serve!\n' },
    { guest: 'slow-body', path: '/?chunks=2&ms=5', length: [], body: 'chunk 0\nchunk 1\n' },
    { guest: 'trailers', path: '/', length: [], body: 'trailers: none\n' },
  ])('gets $guest without chunks, up to the end of the connection', async ({ guest, path, length, body }) => {
    await using served = await serveGuest(guest);
    await using client = await connectRaw(served.origin);
    await client.send(get10(path));
    const reply = await client.readReply();
    expect({ ...framingOf(reply), body: reply.body }).toEqual({ length, coding: [], body });
    expect(await client.readEnding()).toBe('closed');
  });

  test('may keep its connection if the reply has a length', async () => {
    await using served = await serveGuest('hello');
    await using client = await connectRaw(served.origin);
    for (let round = 0; round < 2; round += 1) {
      await client.send(get10('/', 'Connection: keep-alive'));
      const reply = await client.readReply();
      expect(reply.body).toBe('Hello from wasi-serve!\n');
      expect(valuesOf(reply, 'connection')).toEqual(['keep-alive']);
    }
  });

  test('sees a reset if a reply without a length breaks off', async () => {
    await using served = await serveGuest('trap-after');
    const reply = await requestRaw(served.origin, get10('/'));
    expect(reply).toMatchObject({ status: 200, ending: 'reset' });
  });
});

describe('a broken reply never looks complete', () => {
  test.each([
    { guest: 'trap-after', path: '/?ms=20', reason: /unreachable/ },
    { guest: 'trap-after', path: '/?ms=0', reason: /unreachable/ },
    { guest: 'drop-body', path: '/', reason: /dropped its outgoing-body/ },
    { guest: 'content-length', path: '/?declared=10&written=4', reason: /4 bytes, but its content-length is 10/ },
    { guest: 'content-length', path: '/?declared=4&written=10', reason: /longer than its content-length, 4/ },
    { guest: 'content-length', path: '/?declared=3000000&written=2000000', reason: /content-length is 3000000/ },
    { guest: 'content-length', path: '/?declared=2000000&written=3000000', reason: /longer than its content-length/ },
  ])('$guest $path: reset', async ({ guest, path, reason }) => {
    await using served = await serveGuest(guest);
    const { end } = await requestRaw(served.origin, rawGet(path)).then(
      async ({ ending, body }) => {
        expect(ending).toBe('reset');
        expect(body).toMatch(/^(partial\n|x*)$/);
        return await untilAnswered(served);
      },
      async (ended: Error) => {
        expect(ended).toMatchObject({ name: 'ConnectionEnded', ending: 'reset', received: '' });
        return await untilAnswered(served);
      },
    );
    expect(end).toBe('aborted');
    expect(failuresOf(served).join('\n')).toMatch(reason);
  });

  test('and earlier replies of a pipeline come whole before it', async () => {
    await using served = await serveGuest('content-length');
    await using client = await connectRaw(served.origin);
    await client.send(
      rawGet('/?declared=5&written=5') + rawGet('/?declared=10&written=4') + rawGet('/?declared=5&written=5'),
    );
    expect(await client.readReply()).toMatchObject({ body: 'xxxxx', ending: 'framed' });
    await expect(client.readReply()).rejects.toMatchObject({ name: 'ConnectionEnded', received: '' });
  });
});

test('no more than the declared length is ever sent', async () => {
  await using served = await serveGuest('content-length');
  await requestRaw(served.origin, rawGet('/?declared=2000000&written=3000000')).catch(() => undefined);
  expect((await untilAnswered(served)).byteLength).toBeLessThan(2_000_001);
});

test('replies of a pipeline come in the order of its requests, whatever the guests take', async () => {
  await using served = await serveGuest('sleep');
  await using client = await connectRaw(served.origin);
  await client.send([30, 0, 20, 10].map((ms) => rawGet(`/?ms=${ms}`)).join(''));
  for (const ms of [30, 0, 20, 10]) expect((await client.readReply()).body).toBe(`slept ${ms}\n`);
});
