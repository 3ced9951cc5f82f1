import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { connectRaw, rawGet, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { failuresOf, serveGuest, untilAnswered } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { until } from '../harness/until.ts';

const LIMITS = { maxConcurrentRequests: 2, maxQueuedRequests: 2 };

test('beyond those at work and those in the queue, a request is told to try again', async () => {
  await using served = await serveGuest('sleep', LIMITS);
  const start = leftovers(served.host);
  const accepted = [1, 2, 3, 4].map((index) => requestRaw(served.origin, rawGet(`/?ms=150&${index}`)));
  await until(async () => (await requestRaw(served.origin, rawGet('/?ms=0&probe'))).status === 503);
  expect(served.host.inFlight).toBe(2);
  const refused = await requestRaw(served.origin, rawGet('/?ms=0&fifth'));
  expect(refused).toMatchObject({ status: 503, ending: 'framed' });
  expect(valuesOf(refused, 'retry-after')).toEqual(['1']);
  expect(failuresOf(served).at(-1)).toBe('the host is busy: too many requests are queued (--max-queued-requests)');

  for (const reply of await Promise.all(accepted)) expect(reply).toMatchObject({ status: 200, body: 'slept 150\n' });
  expect((await requestRaw(served.origin, rawGet('/?ms=0'))).status).toBe(200);
  await untilNothingIsLeft(served.host, start);
});

test.each([
  { waitMs: 0, name: 'the oldest comes first', order: [0, 1, 2, 3, 4] },
  {
    waitMs: 700,
    name: 'the oldest and the newest come alternately once they have waited for long',
    order: [0, 4, 1, 3, 2],
  },
])('of those that wait, $name', async ({ waitMs, order }) => {
  await using served = await serveGuest('sleep', { maxConcurrentRequests: 1, maxQueuedRequests: 10 });
  await using busy = await connectRaw(served.origin);
  await busy.send(rawGet('/?ms=60000'));
  await until(() => served.host.inFlight === 1);
  const replies = [];
  for (let index = 0; index < 5; index += 1) {
    const client = await connectRaw(served.origin);
    await client.send(rawGet(`/?ms=0&${index}`));
    await until(() => served.host.load.requestsQueued === index + 1);
    replies.push(client.readReply());
  }
  await sleep(waitMs);
  busy.reset();
  await Promise.all(replies);
  const paths = served.events.all.flatMap((event) => (event.at === 'request' ? [event.request.path] : []));
  expect(paths).toEqual(['/?ms=60000', ...order.map((index) => `/?ms=0&${index}`)]);
});

test('a request that is refused with its body unread leaves its connection usable', async () => {
  await using served = await serveGuest('sleep', { maxConcurrentRequests: 1, maxQueuedRequests: 0 });
  await using busy = await connectRaw(served.origin);
  await busy.send(rawGet('/?ms=60000'));
  await until(() => served.host.inFlight === 1);

  await using client = await connectRaw(served.origin);
  await client.send(`POST /refused HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`);
  expect((await client.readReply()).status).toBe(503);
  busy.reset();
  await untilAnswered(served, '/?ms=60000');
  await until(() => served.host.inFlight === 0);
  await client.send(rawGet('/?ms=0'));
  expect((await client.readReply()).body).toBe('slept 0\n');
});

test('a guest that works on after its reply keeps its place', async () => {
  await using served = await serveGuest('after-reply', { maxConcurrentRequests: 1, maxQueuedRequests: 0 });
  expect((await requestRaw(served.origin, rawGet('/?ms=100'))).body).toBe('early\n');
  expect((await requestRaw(served.origin, rawGet('/?ms=0'))).status).toBe(503);
  await until(() => served.host.inFlight === 0);
  expect((await requestRaw(served.origin, rawGet('/?ms=0'))).status).toBe(200);
});
