import { describe, expect, test } from 'vitest';
import { connectRaw, rawGet, requestRaw } from '../harness/raw-client.ts';
import { failuresOf, linesOf, serveGuest, untilAnswered } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { until } from '../harness/until.ts';

describe('at its deadline a guest', () => {
  test('that has not answered is answered for with 504', async () => {
    await using served = await serveGuest('sleep', { timeoutMs: 50 });
    const start = leftovers(served.host);
    const reply = await requestRaw(served.origin, rawGet('/?ms=60000'));
    expect(reply).toMatchObject({ status: 504, ending: 'framed' });
    expect(await untilAnswered(served)).toMatchObject({ status: 504, end: 'complete' });
    expect(failuresOf(served)).toEqual(['guest timed out']);
    expect((await requestRaw(served.origin, rawGet('/?ms=0'))).status).toBe(200);
    await untilNothingIsLeft(served.host, start);
  });

  test('that waits for its request body is answered for with 504', async () => {
    await using served = await serveGuest('trailers', { timeoutMs: 50 });
    await using client = await connectRaw(served.origin);
    await client.send('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf');
    expect((await client.readReply()).status).toBe(504);
  });

  test('in the middle of its reply resets it', async () => {
    await using served = await serveGuest('slow-body', { timeoutMs: 100 });
    const start = leftovers(served.host);
    const reply = await requestRaw(served.origin, rawGet('/?chunks=1000&ms=10'));
    expect(reply).toMatchObject({ status: 200, ending: 'reset' });
    expect((await untilAnswered(served)).end).toBe('aborted');
    expect((await requestRaw(served.origin, rawGet('/?chunks=1'))).status).toBe(200);
    await untilNothingIsLeft(served.host, start);
  });

  test('that works on after its reply is ended; the reply is whole', async () => {
    await using served = await serveGuest('after-reply', { timeoutMs: 100 });
    const start = leftovers(served.host);
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?ms=60000'));
    expect(await client.readReply()).toMatchObject({ body: 'early\n', ending: 'framed' });
    await until(() => served.host.inFlight === 0);
    expect(failuresOf(served)).toEqual(['guest timed out']);
    expect(linesOf(served, 'stdout')).toEqual([]);

    await client.send(rawGet('/?ms=0'));
    expect((await client.readReply()).body).toBe('early\n');
    await client[Symbol.asyncDispose]();
    await untilNothingIsLeft(served.host, start);
  });
});

test('a request that waits in the queue still gets its whole time afterwards', async () => {
  await using served = await serveGuest('sleep', { timeoutMs: 500, maxConcurrentRequests: 1 });
  const replies = [1, 2, 3].map(() => requestRaw(served.origin, rawGet('/?ms=250')));
  for (const { status } of await Promise.all(replies)) expect(status).toBe(200);
});

test('0 means no deadline', async () => {
  await using served = await serveGuest('sleep', { timeoutMs: 0 });
  expect((await requestRaw(served.origin, rawGet('/?ms=100'))).body).toBe('slept 100\n');
});

test('a guest that ends in time leaves no timer', async () => {
  await using served = await serveGuest('hello', { timeoutMs: 600_000 });
  const start = leftovers(served.host);
  for (let round = 0; round < 10; round += 1) await requestRaw(served.origin, rawGet('/'));
  await untilNothingIsLeft(served.host, start);
});
