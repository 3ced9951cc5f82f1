import { describe, expect, test } from 'vitest';
import { type Component, HostError, type LogEvent, SharedQuota, loadComponent } from '../../src/index.ts';
import { collectGarbage } from '../../src/util/collect.ts';
import { until } from '../harness/until.ts';
import { type RawClient, type RawReply, connectRaw, rawGet, requestRaw, valuesOf } from '../harness/raw-client.ts';
import { type Served, failuresOf, serveGuest } from '../harness/serve-guest.ts';
import { assembleAttack } from './assemble.ts';

const PAGE_BYTES = 65_536;

/** Of each guest's memory at most, and of all together. Each begins with two. */
const MOST_PAGES = 50;
const TOTAL_PAGES = 220;

/** More than there is memory for, were each to take all that it may. */
const GUESTS = 12;

const KEEPING = [
  { engine: 'linker', isolation: 'reset', preemption: 'on' },
  { engine: 'linker', isolation: 'fresh', preemption: 'on' },
  { engine: 'linker', isolation: 'reset', preemption: 'off' },
] as const;
const WAYS = [
  ...KEEPING,
  { engine: 'jco', isolation: 'fresh', preemption: 'on' },
  { engine: 'jco', isolation: 'fresh', preemption: 'off' },
] as const;

type Way = (typeof WAYS)[number];

const bytes = await assembleAttack('limits', 'hold-pages');

describe.each(WAYS)(
  'guests that take all the memory they may at once ($engine $isolation, preemption $preemption)',
  (way) => {
    test('are refused some of it: together they hold no more than the total, and nothing in the end', async () => {
      const component = await load(way);
      await using good = await serveGuest('hello');
      await using served = await serveGuest(component);
      const clients = await ask(served, GUESTS);
      expect(component.memory.sum).toBe(TOTAL_PAGES * PAGE_BYTES);
      expect(await requestRaw(good.origin, rawGet('/'))).toMatchObject({ status: 200 });

      const held = pagesOf(await finish(clients));
      expect(held.reduce((sum, pages) => sum + pages)).toBe(TOTAL_PAGES);
      expect(held.length).toBeLessThan(GUESTS);
      expect(Math.max(...held)).toBe(MOST_PAGES);
      expect(Math.min(...held)).toBeLessThan(MOST_PAGES);
      expect(noticesOf(served)).toEqual([expect.stringMatching(REFUSED)]);
      expect(failuresOf(served)).toEqual(
        Array.from({ length: GUESTS - held.length }, () => expect.stringMatching(FULL)),
      );
      await until(() => served.host.inFlight === 0);
      await until(async () => pagesOf(await finish(await ask(served, 1)))[0] === MOST_PAGES);
      await served.host.close();
      await until(() => sumAfterCollection(component) === 0);
    });

    test('tell their client to retry if they cannot start', async () => {
      const component = await load(way);
      await using served = await serveGuest(component);
      const clients = await ask(served, GUESTS);
      const reply = await requestRaw(served.origin, rawGet('/'));
      expect(reply).toMatchObject({ status: 503, ending: 'framed' });
      expect(valuesOf(reply, 'retry-after')).toEqual(['1']);
      expect(served.events.all).toContainEqual(
        expect.objectContaining({ at: 'request-failed', limit: 'total-memory-bytes' }),
      );
      await finish(clients);
    });
  },
);

describe.each(KEEPING)('guests that take all the memory they may ($isolation, preemption $preemption)', (way) => {
  test('release the spares of other components, except one', async () => {
    const memory = new SharedQuota(TOTAL_PAGES * PAGE_BYTES);
    const idle = await load(way, memory);
    await using served = await serveGuest(idle);
    await finish(await ask(served, 3));
    await until(() => served.host.inFlight === 0);
    expect(memory.sum).toBe(3 * MOST_PAGES * PAGE_BYTES);
    await using other = await serveGuest(await load(way, memory));
    expect(pagesOf(await finish(await ask(other, 3)))).toEqual([MOST_PAGES, MOST_PAGES, MOST_PAGES]);
    expect(noticesOf(other)).toEqual([]);
    expect(pagesOf(await finish(await ask(served, 1)))).toEqual([MOST_PAGES]);
  });
});

test('guests that trapped hold their memory until it is garbage, and not longer', async () => {
  const memory = new SharedQuota(TOTAL_PAGES * PAGE_BYTES);
  const limits = { maxMemoryBytes: MOST_PAGES * PAGE_BYTES };
  const trapping = await assembleAttack('control', 'poll-nothing');
  await using served = await serveGuest(await loadComponent(trapping, { limits, memory, engine: 'linker' }));
  for (let trapped = 0; trapped < 2 * TOTAL_PAGES;) {
    const { status } = await requestRaw(served.origin, rawGet('/'));
    expect([500, 503]).toContain(status);
    expect(memory.sum).toBeLessThanOrEqual(memory.max);
    if (status === 500) trapped += 1;
  }
});

test('a component that could never start is not loaded', async () => {
  const loading = loadComponent(bytes, { limits: { maxTotalMemoryBytes: PAGE_BYTES }, engine: 'linker' });
  await expect(loading).rejects.toThrow(HostError);
  await expect(loading).rejects.toThrow(FULL);
});

const TOTAL = /the memories of all guests together may have \d+ bytes \(--limit total-memory-bytes\)$/;
const REFUSED = new RegExp(`^a guest was refused memory: ${TOTAL.source}`);
const FULL = new RegExp(`^no guest can start: ${TOTAL.source}`);

function load(way: Way, memory?: SharedQuota): Promise<Component> {
  const limits = { maxMemoryBytes: MOST_PAGES * PAGE_BYTES, maxTotalMemoryBytes: TOTAL_PAGES * PAGE_BYTES };
  const shared = memory === undefined ? {} : { memory };
  return loadComponent(bytes, { ...way, ...shared, limits, cache: false });
}

/** This many concurrent requests. Resolves when each was refused or has a guest that holds its memory until `finish`. */
async function ask({ origin, host, events }: Served, count: number): Promise<RawClient[]> {
  const before = countAnswered(events.all);
  const clients = await Promise.all(Array.from({ length: count }, () => connectRaw(origin)));
  for (const client of clients) await client.send(rawGet('/', 'Content-Length: 1'));
  await until(() => host.inFlight + countAnswered(events.all) - before === count);
  return clients;
}

function countAnswered(events: readonly LogEvent[]): number {
  return events.filter(({ at }) => at === 'request').length;
}

/** Lets the guests continue. Returns their replies. */
async function finish(clients: readonly RawClient[]): Promise<RawReply[]> {
  for (const client of clients) await client.send('x');
  const replies = await Promise.all(clients.map((client) => client.readReply()));
  for (const client of clients) await client[Symbol.asyncDispose]();
  return replies;
}

/** How much each guest had of those that answered. */
function pagesOf(replies: readonly RawReply[]): number[] {
  return replies.filter(({ status }) => status !== 503).map(({ status }) => status - 200);
}

function noticesOf({ events }: Served): string[] {
  return events.all.flatMap((event) => (event.at === 'notice' ? [event.message] : []));
}

function sumAfterCollection({ memory }: Component): number {
  collectGarbage('sync');
  return memory.sum;
}
