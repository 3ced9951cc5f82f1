import { describe, expect, test } from 'vitest';
import { connectRaw, rawGet, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { serveGuest, untilAnswered } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { until } from '../harness/until.ts';

const CHUNKED_POST = 'POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('a body that goes wrong', () => {
  test('while the guest waits for it gets 400, and ends the guest', async () => {
    await using served = await serveGuest('trailers');
    const start = leftovers(served.host);
    await using client = await connectRaw(served.origin);
    await client.send(`${CHUNKED_POST}5\r\nhello\r\n`);
    await until(() => served.host.inFlight === 1);
    await client.send('nonsense\r\n');
    const reply = await client.readReply();
    expect(reply).toMatchObject({ status: 400, ending: 'framed' });
    expect(valuesOf(reply, 'connection')).toEqual(['close']);
    expect(reply.body).toMatch(/^400 Bad Request: the request is malformed: Invalid character in chunk size/);
    await client[Symbol.asyncDispose]();
    await untilNothingIsLeft(served.host, start);
  });

  test('after the head of the reply ends in a reset', async () => {
    await using served = await serveGuest('echo');
    await using client = await connectRaw(served.origin);
    await client.send(`${CHUNKED_POST}5\r\nhello\r\n`);
    await client.readHead();
    expect(await client.readChunk()).toBe('hello');
    await client.send('nonsense\r\n');
    expect(await client.readChunk()).toEqual({ ending: 'reset' });
    expect((await untilAnswered(served)).end).toBe('aborted');
  });

  test('after the whole reply ends the connection, without another', async () => {
    await using served = await serveGuest('hello');
    await using client = await connectRaw(served.origin);
    await client.send(`${CHUNKED_POST}5\r\nhello\r\n`);
    expect((await client.readReply()).status).toBe(200);
    await client.send('nonsense\r\n');
    expect(await client.readSome()).toBe('');
  });

  test('behind a request that is at work gets 400 when it is its turn', async () => {
    await using served = await serveGuest('sleep');
    await using client = await connectRaw(served.origin);
    await client.send(`${rawGet('/?ms=200')}${CHUNKED_POST}nonsense\r\n`);
    expect((await client.readReply()).body).toBe('slept 200\n');
    expect((await client.readReply()).status).toBe(400);
    expect(await client.readEnding()).toBe('closed');
  });
});

describe('what is not a request', () => {
  test('gets 400 only when the replies to earlier requests are out', async () => {
    await using served = await serveGuest('sleep');
    await using client = await connectRaw(served.origin);
    await client.send(`${rawGet('/?ms=200')}${rawGet('/?ms=1')}nonsense\r\n\r\n`);
    expect((await client.readReply()).body).toBe('slept 200\n');
    expect((await client.readReply()).body).toBe('slept 1\n');
    expect(await client.readReply()).toMatchObject({ status: 400, ending: 'framed' });
    expect(await client.readEnding()).toBe('closed');
  });

  test('is dropped behind a request that asked for the end of the connection', async () => {
    await using served = await serveGuest('sleep');
    await using client = await connectRaw(served.origin);
    await client.send(`${rawGet('/?ms=100', 'Connection: close')}nonsense\r\n\r\n`);
    expect((await client.readReply()).body).toBe('slept 100\n');
    expect(await client.readSome()).toBe('');
  });

  test('gets its reply though its client sends much before it reads', async () => {
    await using served = await serveGuest('hello');
    await using client = await connectRaw(served.origin);
    await client.send(Buffer.alloc(4 * 1024 * 1024, 'nonsense'));
    expect((await client.readReply()).status).toBe(400);
  });

  test('is logged once and then counted, however often it comes', async () => {
    const served = await serveGuest('hello');
    for (let count = 0; count < 20; count += 1) await requestRaw(served.origin, 'nonsense\r\n\r\n');
    await requestRaw(served.origin, 'GET / HTTP/1.1\r\n\r\n');
    await served[Symbol.asyncDispose]();
    expect(served.events.all.flatMap((event) => (event.at === 'notice' ? [event.message] : []))).toEqual([
      'refused with 400: the request is malformed: Invalid method encountered',
      'refused with 400: the request has no Host field',
      'refused with 400: the request is malformed: Invalid method encountered (19 more)',
    ]);
  });

  test.each(['resets', 'closes'])('of a client that %s immediately leaves nothing behind', async (way) => {
    await using served = await serveGuest('sleep');
    const start = leftovers(served.host);
    for (const bytes of [
      'nonsense\r\n\r\n',
      `${rawGet('/?ms=20')}nonsense`,
      `${CHUNKED_POST}nonsense`,
      'CONNECT a:1 HTTP/1.1\r\n\r\n',
    ]) {
      const client = await connectRaw(served.origin);
      await client.send(bytes);
      if (way === 'resets') client.reset();
      else client.socket.destroy();
    }
    await untilNothingIsLeft(served.host, start);
    expect((await requestRaw(served.origin, rawGet('/?ms=0'))).status).toBe(200);
  });
});

test('what a client sends through a tunnel that it did not get is dropped, and not counted', async () => {
  await using served = await serveGuest('hello');
  await using client = await connectRaw(served.origin);
  await client.send('CONNECT test:443 HTTP/1.1\r\nHost: test:443\r\n\r\n');
  expect((await client.readHead()).status).toBe(200);
  await client.send('\x16\x03\x01\x02\0\x01');
  expect(await client.readSome()).toBe('');
  expect(served.events.all.flatMap((event) => (event.at === 'notice' ? [event.message] : []))).toEqual([]);
});

test('CONNECT behind a request at work waits for its turn', async () => {
  await using served = await serveGuest('sleep');
  await using client = await connectRaw(served.origin);
  await client.send(
    `${rawGet('/?ms=100')}CONNECT test:80 HTTP/1.1\r\nHost: test:80\r\n\r\n${rawGet('/?ms=1&tunnelled')}`,
  );
  expect((await client.readReply()).body).toBe('slept 100\n');
  expect((await client.readHead()).status).toBe(200);
  expect(await client.readEnding()).toBe('closed');
  expect(served.events.all.flatMap((event) => (event.at === 'request' ? [event.request.method] : []))).toEqual([
    'GET',
    'CONNECT',
  ]);
});
