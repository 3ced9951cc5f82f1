import { describe, expect, test } from 'vitest';
import { answer, nodeWays, ways } from '../harness/matrix.ts';
import { connectRaw, rawGet } from '../harness/raw-client.ts';
import { serveGuest } from '../harness/serve-guest.ts';
import { startUpstream } from '../harness/upstream.ts';

const MANY = 50;

describe.each(ways)('$engine $isolation $exchange', (way) => {
  test(`${MANY} guests wait for an upstream concurrently: none is answered before all have asked`, async () => {
    const waiting: (() => void)[] = [];
    await using upstream = await startUpstream((_incoming, outgoing) => {
      waiting.push(() => outgoing.end());
      if (waiting.length === MANY) for (const reply of waiting) reply();
    });
    await using guest = await answer(way, 'outbound-get');
    const responses = await Promise.all(Array.from({ length: MANY }, () => guest.send(`/?url=${upstream.origin}`)));
    const texts = await Promise.all(responses.map((response) => response.text()));
    expect(texts.filter((text) => text.startsWith('status: 200\n'))).toHaveLength(MANY);
  });

  test('a guest that sleeps long does not hold up one that does not', async () => {
    await using guest = await answer(way, 'sleep');
    const leaving = new AbortController();
    const long = guest.send('/?ms=60000', { signal: leaving.signal });
    const response = await guest.send('/?ms=1');
    expect(await response.text()).toBe('slept 1\n');
    leaving.abort();
    await expect(long).rejects.toThrow();
  });
});

describe.each(nodeWays)('on sockets of ours, $engine $isolation', (way) => {
  test(`${MANY} guests sleep concurrently, and are gone once their clients are`, async () => {
    await using served = await serveGuest('sleep', {}, way);
    const clients = await Promise.all(Array.from({ length: MANY }, () => connectRaw(served.origin)));
    await Promise.all(clients.map((client) => client.send(rawGet('/?ms=60000'))));
    await expect.poll(() => served.host.inFlight).toBe(MANY);
    for (const client of clients) client.reset();
    await expect.poll(() => served.host.inFlight).toBe(0);
  });

  test('no more guests than permitted are at work concurrently, and all are answered', async () => {
    const seen: number[] = [];
    const waiting: (() => void)[] = [];
    await using upstream = await startUpstream((_incoming, outgoing) => {
      seen.push(served.host.inFlight);
      waiting.push(() => outgoing.end());
      if (waiting.length === 4) for (const reply of waiting.splice(0)) reply();
    });
    await using served = await serveGuest('outbound-get', { maxConcurrentRequests: 4 }, way);
    const url = `${served.origin}/?url=${upstream.origin}`;
    const responses = await Promise.all(Array.from({ length: 20 }, () => fetch(url)));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(seen).toHaveLength(20);
    expect(Math.max(...seen)).toBe(4);
  });
});
