import { describe, expect, test } from 'vitest';
import { connectRaw, rawGet, requestRaw } from '../harness/raw-client.ts';
import { noticesOf, serveGuest } from '../harness/serve-guest.ts';
import { until } from './until.ts';

const NO_HOST = 'GET / HTTP/1.1\r\n\r\n';
const NOTICE = 'reset: a client sent more than 5 requests before it had their replies (--max-pipelined)';

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

  test.each([
    ['', ''],
    [', behind one after which none is answered too', NO_HOST],
  ])('is reset beyond that%s', async (_where, second) => {
    await using served = await serveGuest('sleep', { maxPipelined: 5 });
    await using client = await connectRaw(served.origin);
    await client.send(rawGet('/?ms=60000') + second);
    await until(() => served.host.inFlight === 1);
    await client.send(rawGet('/?ms=0').repeat(10));
    await expect(client.readReply()).rejects.toMatchObject({ ending: 'reset', received: '' });
    await until(() => served.host.inFlight === 0);
    expect(noticesOf(served).filter((notice) => notice.startsWith('reset'))).toEqual([NOTICE]);
    expect((await requestRaw(served.origin, rawGet('/?ms=0'))).status).toBe(200);
  });
});
