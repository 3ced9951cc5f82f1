import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServeOptions } from '../../src/index.ts';
import { type Answering, type Way, answer, ways } from '../harness/matrix.ts';
import { linesOf } from '../harness/serve-guest.ts';
import { until } from '../harness/until.ts';

/** How many handles are tried that a request was not given. */
const FORGED_HANDLES = 24;

/** What a request finds, without what must differ. */
async function lookAround(guest: Answering, query = ''): Promise<string[]> {
  const reply = await guest.send(`/${query}`);
  return (await reply.text()).split('\n').filter((line) => !line.startsWith('id -> '));
}

/** What a request finds that no other was before. */
async function lookFirst(way: Way): Promise<string[]> {
  await using guest = await answer(way, 'canary');
  return await lookAround(guest);
}

describe.each(ways)('$engine $isolation $exchange', (way) => {
  let first: string[];
  let guest: Answering;
  beforeAll(async () => {
    first = await lookFirst(way);
    guest = await answer(way, 'canary');
  });
  afterAll(() => guest[Symbol.asyncDispose]());

  test('the first request finds nothing', () => {
    expect(first).toEqual(
      expect.arrayContaining([
        'grown pages that are not zero -> 0',
        'static -> none',
        'array -> 0',
        'visits -> 0',
        'variable -> none',
        'stack -> 0',
      ]),
    );
  });

  test('each request finds what the first found', async () => {
    for (let request = 0; request < 10; request += 1) expect(await lookAround(guest)).toEqual(first);
  });

  test('each of many concurrent requests does', async () => {
    const found = await Promise.all(Array.from({ length: 40 }, () => lookAround(guest)));
    for (const facts of found) expect(facts).toEqual(first);
  });

  test('each has its own id, even though the variables are read once per instance', async () => {
    const ids = new Set<string>();
    for (let request = 0; request < 5; request += 1) {
      const text = await (await guest.send('/')).text();
      ids.add(/id -> (\d+)/.exec(text)?.[1] ?? 'none');
    }
    expect(ids.size).toBe(5);
    expect(ids).not.toContain('none');
  });

  test('half a line stays with the request that wrote it', () => {
    const lines = new Set(linesOf(guest, 'stdout').map((line) => line.replace(/\d+/, 'N')));
    expect(lines).toEqual(new Set(['stdout [N] :: half a line']));
  });

  test('no handle of a former request is of use', async () => {
    for (let handle = 0; handle < FORGED_HANDLES; handle += 1) {
      await lookAround(guest);
      const reply = await guest.send(`/?forge=${handle}`);
      expect(await reply.text()).not.toContain('secret');
    }
    expect(await lookAround(guest)).toEqual(first);
  });

  test('a request after a trap finds nothing of the guest that trapped', async () => {
    for (let request = 0; request < 3; request += 1) {
      expect((await guest.send('/?end=trap')).status).toBe(500);
      expect(await lookAround(guest)).toEqual(first);
    }
  });

  test('a request after a deadline finds nothing of the guest that missed it', async () => {
    await withGuest(way, { timeoutMs: 50 }, async (hasty) => {
      for (let request = 0; request < 3; request += 1) {
        expect((await hasty.send('/?end=sleep')).status).toBe(504);
        await hasty.events.until((event) => event.at === 'request');
      }
    });
    expect(await lookAround(guest)).toEqual(first);
  });

  test('a request after a client that left finds nothing of its guest', async () => {
    await withGuest(way, {}, async (left) => {
      const leaving = new AbortController();
      const reply = left.send('/?end=sleep', { signal: leaving.signal }).catch(() => 'left');
      await until(() => linesOf(left, 'stdout').length > 0 || left.events.all.length > 0 || isAtWork(left));
      leaving.abort();
      await reply;
      for (let request = 0; request < 3; request += 1) expect(await lookAround(left)).toEqual(first);
    });
  });
});

async function withGuest(way: Way, options: ServeOptions, use: (guest: Answering) => Promise<void>): Promise<void> {
  await using guest = await answer(way, 'canary', options);
  await use(guest);
}

/** A guest that sleeps says nothing: its half line is passed on when it ends. Two looks of others are time enough for it to begin. */
function isAtWork(guest: Answering): Promise<boolean> {
  return lookAround(guest)
    .then(() => lookAround(guest))
    .then(() => true);
}
