import { describe, expect, test } from 'vitest';
import { connectRaw, rawGet, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { type Served, failuresOf, serveGuest, untilAnswered } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { outcomeOf } from '../harness/outcome.ts';
import { until } from '../harness/until.ts';

const ENGINES = ['linker', 'jco'] as const;
const ISOLATIONS = ['reset', 'fresh'] as const;

const LIMITS = [{ cpuTimeoutMs: 100 }, { timeoutMs: 300 }];

/** How a guest computes forever before it answers. */
const SPINS = ['before', 'recursion', 'between'];

/** Checks that a good guest answers this many requests, one after the other. */
async function serveGood({ origin }: Served, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    expect(await requestRaw(origin, rawGet('/'))).toMatchObject({ status: 200, body: 'computed\n' });
  }
}

describe.each(ISOLATIONS)('while two guests compute forever (%s)', (isolation) => {
  test.each(SPINS)('others answer; both end at their deadline (%s)', async (spin) => {
    await using served = await serveGuest('spin', { timeoutMs: 1000 }, { isolation });
    const start = leftovers(served.host);
    let ended = 0;
    const spinning = [1, 2].map(() => requestRaw(served.origin, rawGet(`/?${spin}`)).finally(() => (ended += 1)));
    await until(() => served.host.inFlight === 2);
    await serveGood(served, 20);
    expect(ended).toBe(0);
    for (const reply of await Promise.all(spinning)) expect(reply).toMatchObject({ status: 504, ending: 'framed' });
    expect(failuresOf(served)).toEqual(['guest timed out', 'guest timed out']);
    await serveGood(served, 1);
    await untilNothingIsLeft(served.host, start);
  });

  test('both end when their CPU time is used up', async () => {
    await using served = await serveGuest('spin', { cpuTimeoutMs: 100 }, { isolation });
    const spinning = [1, 2].map(() => requestRaw(served.origin, rawGet('/?before')));
    for (const { status } of await Promise.all(spinning)) expect(status).toBe(504);
    expect(failuresOf(served)).toEqual(['guest used up its CPU time', 'guest used up its CPU time']);
    await serveGood(served, 1);
  });
});

describe("in jco's glue, in which a guest holds the thread until its time is over,", () => {
  const way = { engine: 'jco' } as const;

  test.each(SPINS)('two that compute forever (%s) end at their CPU time limit; then others answer', async (spin) => {
    await using served = await serveGuest('spin', { cpuTimeoutMs: 100 }, way);
    const start = leftovers(served.host);
    const spinning = [1, 2].map(() => requestRaw(served.origin, rawGet(`/?${spin}`)));
    const beside = [1, 2].map(() => requestRaw(served.origin, rawGet('/')));
    for (const reply of await Promise.all(spinning)) expect(reply).toMatchObject({ status: 504, ending: 'framed' });
    for (const { status } of await Promise.all(beside)) expect(status).toBe(200);
    expect(failuresOf(served)).toEqual(['guest used up its CPU time', 'guest used up its CPU time']);
    await serveGood(served, 5);
    await untilNothingIsLeft(served.host, start);
  });

  test.each(SPINS)('one ends at its deadline (%s)', async (spin) => {
    await using served = await serveGuest('spin', { timeoutMs: 300 }, way);
    expect((await requestRaw(served.origin, rawGet(`/?${spin}`))).status).toBe(504);
    expect(failuresOf(served)).toEqual(['guest timed out']);
    await serveGood(served, 1);
  });

  test.each(LIMITS)('one that computes forever after its head gets its reply reset (%j)', async (limit) => {
    await using served = await serveGuest('spin', limit, way);
    const start = leftovers(served.host);
    expect(await outcomeOf(requestRaw(served.origin, rawGet('/?after')))).toBe('reset');
    expect((await untilAnswered(served)).end).toBe('aborted');
    expect(failuresOf(served)[0]).toMatch(/^the reply was broken off: guest (timed out|used up its CPU time)$/);
    await serveGood(served, 1);
    await untilNothingIsLeft(served.host, start);
  });
});

test.each(ENGINES)('time in which a guest waits is not CPU time (%s)', async (engine) => {
  await using served = await serveGuest('sleep', { cpuTimeoutMs: 100 }, { engine });
  expect((await requestRaw(served.origin, rawGet('/?ms=300'))).status).toBe(200);
});

test('a guest that computes and waits in turn uses up its CPU time', async () => {
  await using served = await serveGuest('spin', { cpuTimeoutMs: 100 });
  expect((await requestRaw(served.origin, rawGet('/?between'))).status).toBe(504);
  expect(failuresOf(served)).toEqual(['guest used up its CPU time']);
});

test('a guest that computes forever after its head gets its reply reset', async () => {
  await using served = await serveGuest('spin', { timeoutMs: 1000 });
  const start = leftovers(served.host);
  const reply = await requestRaw(served.origin, rawGet('/?after'));
  expect(reply).toMatchObject({ status: 200, body: 'head\n', ending: 'reset' });
  expect((await untilAnswered(served)).end).toBe('aborted');
  expect(failuresOf(served)).toContain('the reply was broken off: guest timed out');
  await serveGood(served, 1);
  await untilNothingIsLeft(served.host, start);
});

test.each(ENGINES)('a guest that computes for long answers all the same (%s)', async (engine) => {
  await using served = await serveGuest('spin', {}, { engine });
  const replies = [1, 2, 3].map(() => requestRaw(served.origin, rawGet('/?ms=50')));
  for (const reply of await Promise.all(replies)) expect(reply).toMatchObject({ status: 200, body: 'computed\n' });
  expect(failuresOf(served)).toEqual([]);
});

test.each(['before', 'after'])('a guest that computes forever (%s) ends when its client leaves', async (when) => {
  await using served = await serveGuest('spin');
  const start = leftovers(served.host);
  const client = await connectRaw(served.origin);
  await client.send(rawGet(`/?${when}`));
  await until(() => served.host.inFlight === 1);
  await serveGood(served, 1);
  client.reset();
  await until(() => served.host.inFlight === 0);
  await serveGood(served, 1);
  await untilNothingIsLeft(served.host, start);
});

test('closing a host ends a guest that computes forever before it answers', async () => {
  const served = await serveGuest('spin');
  const reply = requestRaw(served.origin, rawGet('/?before'));
  await until(() => served.host.inFlight === 1);
  expect(await served.host.close(50)).toBe(1);
  expect(await reply).toMatchObject({ status: 503, ending: 'framed' });
  expect(served.host.inFlight).toBe(0);
});

test('closing a host ends a guest that computes forever after its head', async () => {
  const served = await serveGuest('spin');
  await using client = await connectRaw(served.origin);
  await client.send(rawGet('/?after'));
  await client.readHead();
  expect(await served.host.close(50)).toBe(1);
  expect(await client.readEnding()).toBe('reset');
  expect(served.host.inFlight).toBe(0);
});

test('a reply that is finished after much computing has its length', async () => {
  await using served = await serveGuest('spin');
  const reply = await requestRaw(served.origin, rawGet('/?late-ms=50'));
  expect(valuesOf(reply, 'content-length')).toEqual(['9']);
});
