import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { toServeConfig } from '../../src/config/to-serve-config.ts';
import type { Exchange } from '../../src/server/exchange.ts';
import { NodeExchange } from '../../src/server/http1/node-exchange.ts';
import { type Readiness, waitForAny } from '../../src/io/readiness.ts';
import { connectRaw, rawGet } from '../harness/raw-client.ts';
import { failuresOf, serveGuest } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';

const MIB = 1024 * 1024;

const NEVER: Readiness = { isReady: () => false, onReady: () => {}, offReady: () => {} };

function post(path: string, byteLength: number, ...lines: string[]): string {
  return [`POST ${path} HTTP/1.1`, 'Host: test', `Content-Length: ${byteLength}`, ...lines, '', ''].join('\r\n');
}

/** Guests that reply without reading their request's body. */
const guests = [
  { guest: 'hello', path: '/', body: 'Hello from wasi-serve!\n' },
  { guest: 'sleep', path: '/?ms=30', body: 'slept 30\n' },
  { guest: 'slow-body', path: '/?chunks=2&ms=20', body: 'chunk 0\nchunk 1\n' },
] as const;

describe.each(guests)('a guest that never reads its request, $guest', ({ guest, path, body }) => {
  test.each([1, 64 * 1024, 64 * MIB])(
    'answers a client that sends %i bytes, whose next request is served',
    async (byteLength) => {
      await using served = await serveGuest(guest);
      const start = leftovers(served.host);
      await using client = await connectRaw(served.origin);
      const sent = client.send(
        Buffer.concat([Buffer.from(post(path, byteLength)), Buffer.alloc(byteLength, 'GET / HTTP/1.1\r\n\r\n')]),
      );
      expect(await client.readReply()).toMatchObject({ status: 200, body });
      await sent;
      await client.send(rawGet(path));
      expect(await client.readReply()).toMatchObject({ status: 200, body });
      await client[Symbol.asyncDispose]();
      expect(failuresOf(served)).toEqual([]);
      await untilNothingIsLeft(served.host, start);
    },
  );

  test('answers a client that sends all before it reads', async () => {
    await using served = await serveGuest(guest);
    await using client = await connectRaw(served.origin);
    await client.send(post(path, 16 * MIB));
    await client.send(Buffer.alloc(16 * MIB));
    expect(await client.readReply()).toMatchObject({ status: 200, body });
  });

  test('answers pipelined requests whose bodies it does not read', async () => {
    await using served = await serveGuest(guest);
    await using client = await connectRaw(served.origin);
    const chunked = `POST ${path} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-a: b\r\n\r\n`;
    await client.send(post(path, 5) + 'hello' + chunked + rawGet(path));
    for (let index = 0; index < 3; index += 1) expect(await client.readReply()).toMatchObject({ status: 200, body });
  });

  test('answers a client that asks for the end of the connection', async () => {
    await using served = await serveGuest(guest);
    await using client = await connectRaw(served.origin);
    void client.send(post(path, 8 * MIB, 'Connection: close'));
    void client.send(Buffer.alloc(8 * MIB));
    expect(await client.readReply()).toMatchObject({ status: 200, body });
  });
});

test('a guest that reads a part of its request leaves a connection that serves the next', async () => {
  await using served = await serveGuest('once');
  await using client = await connectRaw(served.origin);
  await client.send(post('/', 8 * MIB));
  await client.send(Buffer.alloc(8 * MIB));
  expect((await client.readReply()).status).toBe(200);
  await client.send(rawGet('/'));
  expect((await client.readReply()).status).toBe(200);
});

test('a client whose body never ends costs no memory, and its connection no longer than it lingers', async () => {
  await using served = await serveGuest('hello');
  await using client = await connectRaw(served.origin);
  await client.send('POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n');
  expect((await client.readReply()).status).toBe(200);
  const rss = process.memoryUsage().rss;
  for (let index = 0; index < 256; index += 1)
    await client.send(Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(MIB), Buffer.from('\r\n')]));
  expect(process.memoryUsage().rss - rss).toBeLessThan(128 * MIB);
  expect(served.host.inFlight).toBe(0);
  await client.sendChunk('');
  await client.send(rawGet('/'));
  expect((await client.readReply()).status).toBe(200);
});

test('a client that leaves after its reply without sending its body leaves nothing behind', async () => {
  await using served = await serveGuest('hello');
  const start = leftovers(served.host);
  for (let clients = 0; clients < 3; clients += 1) {
    const client = await connectRaw(served.origin);
    await client.send(post('/', 10));
    expect((await client.readReply()).status).toBe(200);
    await client[Symbol.asyncDispose]();
  }
  await untilNothingIsLeft(served.host, start);
});

test('a guest that fails leaves a connection that serves the next request', async () => {
  await using served = await serveGuest('poll');
  await using client = await connectRaw(served.origin);
  await client.send(Buffer.concat([Buffer.from(post('/?case=empty', 4 * MIB)), Buffer.alloc(4 * MIB)]));
  expect((await client.readReply()).status).toBe(500);
  await client.send(rawGet('/?case=ready'));
  expect((await client.readReply()).status).toBe(200);
});

test('a body that is read only after the reply comes whole', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<Exchange>();
  const server = createServer((incoming, outgoing) => resolve(new NodeExchange(incoming, outgoing, toServeConfig({}))));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = await connectRaw(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await client.send(post('/', 10) + 'half1');
  const { reply, body } = await asked;
  reply.whole({ status: 200, fields: [], framing: { by: 'length', byteLength: 0 } }, new Uint8Array(0));
  await client.readReply();
  await client.send('half2');

  let received = '';
  for (let bytes = body.read(100); bytes instanceof Uint8Array; bytes = body.read(100)) {
    received += Buffer.from(bytes).toString();
    await waitForAny([body], NEVER);
  }
  expect(received).toBe('half1half2');
  await client[Symbol.asyncDispose]();
  server.close();
});
