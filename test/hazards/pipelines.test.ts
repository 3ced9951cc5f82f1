import { describe, expect, test } from 'vitest';
import { connectRaw, rawGet, requestRaw } from '../harness/raw-client.ts';
import { noticesOf, serveGuest } from '../harness/serve-guest.ts';
import { until, untilStill } from '../harness/until.ts';

const NO_HOST = 'GET / HTTP/1.1\r\n\r\n';
const MIB = 1024 * 1024;

function post(body: string): string {
  return `POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

describe('a client that sends requests before it has the replies to others', () => {
  test('is served one after the other, and takes the place of one', async () => {
    await using served = await serveGuest('sleep', { maxConcurrentRequests: 2, maxQueuedRequests: 0 });
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?ms=300') + rawGet('/?ms=1').repeat(20));
    await until(() => served.host.inFlight === 1);
    for (let request = 0; request < 3; request += 1) {
      expect((await requestRaw(served.origin, rawGet('/?ms=0'))).status).toBe(200);
    }
    expect((await client.readReply()).body).toBe('slept 300\n');
    for (let reply = 0; reply < 20; reply += 1) expect((await client.readReply()).body).toBe('slept 1\n');
  });

  test('gets as many replies as may wait', async () => {
    await using served = await serveGuest('sleep', { maxPipelined: 5 });
    await using client = await connectRaw(served.origin);
    for (let round = 0; round < 3; round += 1) {
      await client.send(rawGet('/?ms=1').repeat(5));
      for (let reply = 0; reply < 5; reply += 1) expect((await client.readReply()).body).toBe('slept 1\n');
    }
    expect(noticesOf(served)).toEqual([]);
  });

  test.each([1, 5, 32])('is answered in order, though only %i may wait', async (maxPipelined) => {
    await using served = await serveGuest('echo', { maxPipelined });
    await using client = await connectRaw(served.origin);
    const bodies = Array.from({ length: 1000 }, (_, index) => `${index} `.repeat(1 + (index % 300)));
    const sent = client.send(bodies.map((body) => post(body)).join(''));
    for (const body of bodies) expect(await client.readReply()).toMatchObject({ status: 200, body });
    await sent;
    expect(noticesOf(served)).toEqual([]);
  });

  test('is answered in order by a slow guest, though it ends its side', async () => {
    await using served = await serveGuest('sleep');
    await using client = await connectRaw(served.origin);
    void client.send(Array.from({ length: 1000 }, (_, index) => rawGet(`/?ms=${index % 3}`)).join(''));
    client.halfClose();
    for (let reply = 0; reply < 1000; reply += 1) expect((await client.readReply()).body).toBe(`slept ${reply % 3}\n`);
    expect(await client.readEnding()).toBe('closed');
  });

  test('has to wait before it sends more than is read at once', async () => {
    await using served = await serveGuest('sleep');
    await using client = await connectRaw(served.origin);
    let unsent = 0;
    for (let batch = 0; batch < 1000; batch += 1) {
      unsent += 1;
      void client.send(rawGet('/?ms=60000').repeat(1000)).then(() => (unsent -= 1));
    }
    const start = process.memoryUsage.rss();
    expect(await untilStill(() => unsent)).toBeGreaterThan(500);
    expect(served.host.inFlight).toBe(1);
    expect(process.memoryUsage.rss() - start).toBeLessThan(64 * MIB);
    expect(noticesOf(served)).toEqual([]);
    await served.host.close(0);
  });

  test('may be late with a head while nothing is read, and no later', async () => {
    await using served = await serveGuest('sleep', { maxPipelined: 2, headTimeoutMs: 200 });
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?ms=1500') + rawGet('/?ms=0').repeat(2) + 'GET /?ms=1');
    expect((await client.readReply()).body).toBe('slept 1500\n');
    for (let reply = 0; reply < 2; reply += 1) expect((await client.readReply()).body).toBe('slept 0\n');
    await client.send(' HTTP/1.1\r\nHost: test\r\n\r\n');
    expect((await client.readReply()).body).toBe('slept 1\n');

    await client.send(rawGet('/?ms=1500') + rawGet('/?ms=0').repeat(2) + 'GET /?ms=1');
    for (let reply = 0; reply < 3; reply += 1) expect((await client.readReply()).status).toBe(200);
    expect((await client.readReply()).status).toBe(408);
    expect(await client.readEnding()).toBe('closed');
  });

  test.each([0, 3, 50])(
    'gets the replies up to the last request, %i behind the first, whatever it sends then',
    async (more) => {
      await using served = await serveGuest('sleep', { maxPipelined: 5 });
      await using client = await connectRaw(served.origin);
      await client.send(rawGet('/?ms=200') + rawGet('/?ms=0').repeat(more) + NO_HOST + rawGet('/?ms=0').repeat(100));
      const sent = client.send(rawGet('/?ms=0').repeat(100_000));
      expect((await client.readReply()).body).toBe('slept 200\n');
      for (let reply = 0; reply < more; reply += 1) expect((await client.readReply()).body).toBe('slept 0\n');
      expect((await client.readReply()).status).toBe(400);
      expect(await client.readEnding()).toBe('closed');
      await sent;
    },
  );
});

test('clients that together send too many requests before their replies are reset, those with most first', async () => {
  await using served = await serveGuest('sleep');
  await using modest = await connectRaw(served.origin);
  await modest.send(rawGet('/?ms=1000') + rawGet('/?ms=0').repeat(100));
  const greedy = await Promise.all(Array.from({ length: 20 }, () => connectRaw(served.origin)));
  // Of the shortest requests, as many as Node reads at once are 2,400.
  const bytes = 'GET /?ms=60000 HTTP/1.1\r\nHost: a\r\n\r\n' + 'GET / HTTP/1.1\r\nHost:a\r\n\r\n'.repeat(5000);
  for (const client of greedy) void client.send(bytes);
  await until(() => noticesOf(served).length > 0);
  expect(noticesOf(served)[0]).toBe('reset: more than 16384 requests waited for the replies to earlier ones');
  for (let reply = 0; reply < 101; reply += 1) expect((await modest.readReply()).status).toBe(200);
  await served.host.close(0);
  for (const client of greedy) await client[Symbol.asyncDispose]();
});
