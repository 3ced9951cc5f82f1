import { startOddRedis } from '../harness/odd-redis.ts';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/util/limits.ts';
import type { KeyValueStore } from '../../src/state/keyvalue/key-value-store.ts';
import { type OpenStores, openStores } from '../../src/state/keyvalue/open-stores.ts';
import { MISSING_KINDS, STORE_KINDS, type StorePlace, makePlace } from './stores.ts';

const never = new AbortController().signal;

function open(spec: string, limits = DEFAULT_LIMITS): OpenStores {
  return openStores({ keyValue: { default: spec }, keyValueMemory: false, keyValueInMemoryData: {}, limits });
}

function defaultOf({ byName }: OpenStores): KeyValueStore {
  return byName.get('default') as KeyValueStore;
}

/** The value of an answer; throws if it is an error. */
async function valueOf<T>(answer: unknown): Promise<T> {
  const settled = (await answer) as { tag: 'ok'; val: T } | { tag: 'err'; val: { message: string; cause: unknown } };
  if (settled.tag === 'err') throw new Error(`${settled.val.message}: ${String(settled.val.cause)}`);
  return settled.val;
}

async function allKeys(store: KeyValueStore): Promise<string[]> {
  const keys: string[] = [];
  for (let cursor: bigint | undefined = 0n; cursor !== undefined;) {
    const page: { keys: string[]; cursor: bigint | undefined } = await valueOf(store.list(cursor, never));
    keys.push(...page.keys);
    cursor = page.cursor;
  }
  return keys;
}

const key = fc.constantFrom('', 'a', 'b', 'key', 'k*', 'k[a]', '\0', 'a\0b', '\u{e9}', '\u{1f600}');
const value = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((number) => Uint8Array.from(Buffer.from(String(number)))),
);
const operation = fc.oneof(
  fc.record({ at: fc.constant('set' as const), pairs: fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 3 }) }),
  fc.record({ at: fc.constant('delete' as const), keys: fc.array(key, { minLength: 1, maxLength: 3 }) }),
  fc.record({ at: fc.constant('add' as const), key, delta: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
);

/** What a number of 64 bits becomes, said once more and otherwise. */
function sumOf(bytes: Uint8Array | undefined, delta: bigint): bigint | undefined {
  const text = bytes === undefined ? '0' : Buffer.from(bytes).toString('latin1');
  if (!/^(?:0|-?[1-9][0-9]*)$/.test(text)) return undefined;
  const [number, sum] = [BigInt(text), BigInt(text) + delta];
  const isNumber = BigInt.asIntN(64, number) === number;
  return isNumber && BigInt.asIntN(64, delta) === delta && sum >= 0n && BigInt.asIntN(64, sum) === sum
    ? sum
    : undefined;
}

test.skip.each(MISSING_KINDS)('a store of %s: it is not installed here', () => undefined);

describe.each(STORE_KINDS)('a store of %s', (kind) => {
  let place: StorePlace;
  let stores: OpenStores;

  beforeAll(async () => {
    place = await makePlace(kind);
    stores = open(place.spec);
  });

  afterAll(async () => {
    await stores[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  });

  test('is a map with numbers, whatever is done in whatever order', async () => {
    const store = defaultOf(stores);
    const property = fc.asyncProperty(fc.array(operation, { maxLength: 12 }), async (operations) => {
      await valueOf(store.deleteMany([...(await allKeys(store)), ''], never));
      const model = new Map<string, Uint8Array>();
      for (const one of operations) {
        if (one.at === 'set') {
          for (const [name, bytes] of one.pairs) model.set(name, bytes);
          await valueOf(store.setMany(one.pairs, never));
        } else if (one.at === 'delete') {
          for (const name of one.keys) model.delete(name);
          await valueOf(store.deleteMany(one.keys, never));
        } else {
          const sum = sumOf(model.get(one.key), one.delta);
          const answer = await store.increment(one.key, one.delta, never);
          expect(answer.tag === 'ok' ? answer.val : undefined).toBe(sum);
          if (sum !== undefined) model.set(one.key, Buffer.from(String(sum)));
        }
      }
      const names = [...model.keys()];
      expect((await allKeys(store)).toSorted()).toEqual(names.toSorted());
      const found = await valueOf<(Uint8Array | undefined)[]>(store.getMany([...names, 'absent'], never));
      expect(found.map((bytes) => bytes && Buffer.from(bytes).toString('hex'))).toEqual([
        ...names.map((name) => Buffer.from(model.get(name) as Uint8Array).toString('hex')),
        undefined,
      ]);
      for (const name of names) expect(await valueOf(store.has(name, never))).toBe(true);
    });
    await fc.assert(property, { numRuns: kind === 'memory' ? 300 : 60 });
  }, 60_000);

  test('lists each of many keys once, and those that stay while others go', async () => {
    const store = defaultOf(stores);
    const names = Array.from({ length: 3500 }, (_, index) => `many-${index}`);
    await valueOf(
      store.setMany(
        names.map((name) => [name, new Uint8Array(1)] as const),
        never,
      ),
    );
    const first = await valueOf<{ keys: string[]; cursor: bigint | undefined }>(store.list(0n, never));
    expect(first.cursor).toBeDefined();
    expect(first.keys.length).toBeLessThan(names.length);
    const gone = new Set(names.filter((_, index) => index % 3 === 0));
    await valueOf(store.deleteMany([...gone], never));
    const rest: string[] = [...first.keys];
    for (let cursor = first.cursor; cursor !== undefined;) {
      const page: { keys: string[]; cursor: bigint | undefined } = await valueOf(store.list(cursor, never));
      rest.push(...page.keys);
      cursor = page.cursor;
    }
    const staying = names.filter((name) => !gone.has(name));
    expect(staying.filter((name) => !rest.includes(name))).toEqual([]);
    expect(new Set(await allKeys(store)).isSupersetOf(new Set(staying))).toBe(true);
    await valueOf(store.deleteMany(names, never));
  });

  test('says that it is closed once it is', async () => {
    const closed = open(place.spec);
    const store = defaultOf(closed);
    await store.has('x', never);
    await closed[Symbol.asyncDispose]();
    const answer = await store.has('x', never);
    if (kind === 'memory') expect(answer).toEqual({ tag: 'ok', val: false });
    else expect(answer).toMatchObject({ tag: 'err', val: { message: 'the store is closed' } });
  });
});

test.each([
  ['memory', 'maxMemoryStoreBytes', /full.*--limit memory-store-bytes/],
  ['sqlite', 'maxSqliteStoreBytes', /full/],
] as const)(
  'a store of %s that is full says so, keeps what it has, and has room again after a delete',
  async (kind, limit, message) => {
    await using place = await makePlace(kind);
    await using stores = open(place.spec, { ...DEFAULT_LIMITS, [limit]: 200_000 });
    const store = defaultOf(stores);
    const put = async (index: number) => await store.setMany([[`k${index}`, new Uint8Array(10_000)]], never);
    let count = 0;
    let last = await put(count);
    while (last.tag === 'ok' && count < 100) last = await put((count += 1));
    expect(count).toBeGreaterThan(5);
    expect(count).toBeLessThan(30);
    expect(last.tag === 'err' && last.val.message).toMatch(message);
    expect(await allKeys(store)).toHaveLength(count);
    await valueOf(store.deleteMany(['k0', 'k1', 'k2'], never));
    expect((await put(3)).tag).toBe('ok');
  },
);

test('one operation that cannot be done does not keep SQLite from those that wait with it', async () => {
  await using place = await makePlace('sqlite');
  await using stores = open(place.spec, { ...DEFAULT_LIMITS, maxSqliteStoreBytes: 200_000 });
  const store = defaultOf(stores);
  await store.has('x', never);
  const together = await Promise.all([
    store.increment('before', 1n, never),
    store.setMany([['large', new Uint8Array(400_000)]], never),
    store.increment('after', 1n, never),
  ]);
  expect(together.map(({ tag }) => tag)).toEqual(['ok', 'err', 'ok']);
  expect(await allKeys(store)).toEqual(['before', 'after']);
});

test('writes that another process keeps from a file of SQLite fail together, and reads do not', async () => {
  await using place = await makePlace('sqlite');
  await using stores = open(place.spec);
  const store = defaultOf(stores);
  expect(await valueOf(store.increment('n', 1n, never))).toBe(1n);
  using other = new DatabaseSync(place.spec.slice('sqlite:'.length));
  other.exec('BEGIN IMMEDIATE');
  const first = store.increment('n', 1n, never);
  // Each waits for some seconds: these wait together.
  const writes = Array.from({ length: 20 }, () => store.increment('n', 1n, never));
  const read = store.has('n', never);
  for (const write of [first, ...writes])
    expect(await write).toMatchObject({ tag: 'err', val: { message: 'database is locked' } });
  expect(await valueOf(read)).toBe(true);
  other.exec('COMMIT');
  expect(await valueOf(store.increment('n', 1n, never))).toBe(2n);
});

test('what nobody waits for any longer, SQLite does not begin', async () => {
  await using place = await makePlace('sqlite');
  await using stores = open(place.spec);
  const store = defaultOf(stores);
  const abort = new AbortController();
  const first = store.increment('n', 1n, never);
  const second = store.increment('n', 1n, abort.signal);
  abort.abort();
  expect(await valueOf(first)).toBe(1n);
  expect((await second).tag).toBe('err');
  expect(await valueOf(store.increment('n', 0n, never))).toBe(1n);
});

test('what is not a database is an error each time, and nothing else', async () => {
  await using stores = open(`sqlite:${import.meta.filename}`);
  for (let index = 0; index < 2; index += 1) {
    expect(await defaultOf(stores).has('x', never)).toMatchObject({ tag: 'err', val: { message: 'the store failed' } });
  }
});

test('a file in a folder that is not there is refused from the start', () => {
  expect(() => open('sqlite:/no/such/folder/store.db')).toThrow(
    /sqlite:\/no\/such\/folder\/store.db cannot be opened: ENOENT/,
  );
});

test('a file of SQLite that another process is just making is waited for', async () => {
  await using place = await makePlace('sqlite');
  // Before a file has WAL, SQLite does not wait itself for one that is about to write.
  using other = new DatabaseSync(place.spec.slice('sqlite:'.length));
  other.exec('CREATE TABLE another (value); BEGIN IMMEDIATE');
  await using stores = open(place.spec);
  const sum = valueOf(defaultOf(stores).increment('n', 1n, never));
  await sleep(300);
  other.exec('COMMIT');
  expect(await sum).toBe(1n);
});

test.each([
  ['says nothing', () => ''],
  ['begins an answer without end', () => '*2000000000\r\n'],
  ['says what is not Redis', () => '\0\xff\xfe\r\n'],
])(
  'a server of Redis that %s when a client greets it is given up, and keeps no store from being closed',
  async (_, say) => {
    await using odd = await startOddRedis(say);
    await using stores = open(odd.url);
    const together = [
      async () => await defaultOf(stores).has('x', never),
      async () => await defaultOf(stores).list(0n, never),
    ];
    for (const result of await Promise.all(together.map((ask) => ask())))
      expect(result).toMatchObject({ tag: 'err', val: { message: 'the store cannot be reached' } });
  },
);

const ODD_ANSWERS = [
  ':7',
  '$-1',
  '+OK',
  '$5\r\nhello',
  '*0',
  '*1\r\n$5\r\nhello',
  '*2\r\n:1\r\n:2',
  '*2\r\n$1\r\n0\r\n*1\r\n$-1',
];

test.each(ODD_ANSWERS)('what Redis does not answer is an error: %j', async (odd) => {
  const greetings = /CLIENT|HELLO|SELECT/i;
  await using server = await startOddRedis((command) => (greetings.test(command) ? '+OK\r\n' : `${odd}\r\n`));
  await using stores = open(server.url);
  const store = defaultOf(stores);
  const results = [
    await store.getMany(['a', 'b'], never),
    await store.has('a', never),
    await store.list(0n, never),
    await store.increment('a', 1n, never),
  ];
  for (const [index, result] of results.entries()) {
    if (result.tag === 'ok') expect([index, odd]).toEqual([1, ':7']);
    else expect(['the store failed', 'the sum is below 0']).toContain(result.val.message);
  }
});
