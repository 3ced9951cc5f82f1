import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MISSING_KINDS, STORE_KINDS, makePlace } from '../state/stores.ts';
import { guestPath, runWasiServe, servingOn } from './wasi-serve.ts';

const GUEST = guestPath('key-value');
/** Those that several processes can share. */
const SHARED_KINDS = STORE_KINDS.filter((kind) => kind !== 'memory');

const count = async (origin: string, name: string): Promise<number> =>
  Number(await (await fetch(`${origin}/count/${name}`)).text());

test.skip.each(MISSING_KINDS)('a store of %s: it is not installed here', () => undefined);

/** Keys whose set was answered. */
const acknowledged: string[] = [];

test('all that was answered is there after kill -9 in the middle of writes', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'wasi-serve-kill-'));
  const args = [GUEST, '--keyvalue', `default=sqlite:${join(folder.path, 'store.db')}`];
  let answered = 0;
  for (let round = 0; round < 5; round += 1) {
    await using serving = await servingOn(args);
    let isKilled = false;
    const atStart = answered;
    const client = async (name: string): Promise<void> => {
      for (let index = 0; !isKilled; index += 1) {
        const sum = await count(serving.origin, 'all').catch(() => undefined);
        if (sum === undefined) return;
        answered = Math.max(answered, sum);
        const key = `${round}-${name}-${index}`;
        const set = await fetch(`${serving.origin}/set?key=${key}&value=${key}`).catch(() => undefined);
        if (set !== undefined && (await set.text().catch(() => '')) === 'set\n') acknowledged.push(key);
        if (answered > atStart + 200 && !isKilled) {
          isKilled = true;
          serving.kill('SIGKILL');
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, index) => client(String(index))));
    expect(await serving.ended).toBe('SIGKILL');
  }
  await using again = await servingOn(args);
  // What had no answer may or may not be there: one for each client and round.
  const sum = (await count(again.origin, 'all')) - 1;
  expect(sum).toBeGreaterThanOrEqual(answered);
  expect(sum).toBeLessThanOrEqual(answered + 8 * 5);
  const keys = new Set((await (await fetch(`${again.origin}/keys`)).text()).split('\n'));
  expect(acknowledged.length).toBeGreaterThan(500);
  expect(acknowledged.filter((key) => !keys.has(key))).toEqual([]);
}, 60_000);

test.each(SHARED_KINDS)(
  'two processes count exactly in one store of %s',
  async (kind) => {
    await using place = await makePlace(kind);
    const args = [GUEST, '--keyvalue', `shared=${place.spec}`];
    await using one = await servingOn(args);
    await using two = await servingOn(args);
    const sums = await Promise.all(
      [one, two].flatMap(({ origin }) =>
        Array.from({ length: 100 }, async () => {
          const response = await fetch(`${origin}/count/visits?store=shared&times=3`);
          return Number(await response.text());
        }),
      ),
    );
    expect(new Set(sums).size).toBe(200);
    expect(Math.max(...sums)).toBe(600);
  },
  60_000,
);

test('workers share a store of SQLite', async () => {
  await using place = await makePlace('sqlite');
  await using serving = await servingOn([GUEST, '--keyvalue', `default=${place.spec}`, '--workers', '2']);
  const sums = await Promise.all(Array.from({ length: 60 }, () => count(serving.origin, 'n')));
  expect(sums.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
});

test("wasmtime's options grant a default store in memory", async () => {
  await using serving = await servingOn([GUEST, '-S', 'keyvalue', '-S', 'keyvalue-in-memory-data=hello=world']);
  expect(await (await fetch(`${serving.origin}/get?key=hello`)).text()).toBe('world\n');
  expect(await count(serving.origin, 'n')).toBe(1);
  expect(await count(serving.origin, 'n')).toBe(2);
});

describe('the command refuses', () => {
  test.each([
    [['--keyvalue', 'memory'], /invalid --keyvalue 'memory': write NAME=STORE/],
    [['--keyvalue', 'a=mysql://x'], /invalid --keyvalue .*write memory, sqlite:FILE or redis:/],
    [['--keyvalue', 'a=sqlite:'], /name a file after sqlite:/],
    [['--keyvalue', 'a=redis://h/name'], /the path of a redis URL is the number of a database/],
    [['--keyvalue', 'a=redis://h?ttl=1'], /a redis URL takes \?prefix= only, not ttl/],
    [['--keyvalue', 'a=memory', '--workers', '2'], /--workers 2 with a key-value store in memory: .*sqlite:FILE/],
    [['-S', 'keyvalue', '--workers', '2'], /--workers 2 with a key-value store in memory/],
  ])('%s', async (flags, message) => {
    const { code, stderr } = await runWasiServe([GUEST, ...flags]);
    expect(stderr).toMatch(message);
    expect(code).not.toBe(0);
  });
});
