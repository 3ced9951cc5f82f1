import { describe, expect, test } from 'vitest';
import { readFacts } from '../harness/facts.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { answer, nodeWays } from '../harness/matrix.ts';
import { hasRedis, startRedis } from '../harness/redis.ts';
import { type Served, failuresOf, noticesOf, serveGuest } from '../harness/serve-guest.ts';
import { until } from '../harness/until.ts';
import { createHost, loadComponent } from '../../src/index.ts';
import { guestFile } from '../harness/guests.ts';
import { MISSING_KINDS, STORE_KINDS, makePlace } from '../state/stores.ts';

/** What the guest finds, whatever the store. */
const FACTS = [
  'get of an absent key -> none',
  'exists of an absent key -> false',
  'set -> ()',
  'get -> "one"',
  'exists -> true',
  'set again -> ()',
  'get again -> "two"',
  'set of nothing -> ()',
  'get of nothing -> ""',
  'set of every byte -> ()',
  'every byte comes back -> true',
  'set of the empty key -> ()',
  'get of the empty key -> "empty"',
  'the empty key is listed -> true',
  'delete of the empty key -> ()',
  'set of the odd key -> ()',
  'get of the odd key -> "odd"',
  'the odd key is listed -> true',
  'delete of the odd key -> ()',
  'set of the NUL key -> ()',
  'get of the NUL key -> "NUL"',
  'the NUL key is listed -> true',
  'delete of the NUL key -> ()',
  'key of 1025 bytes -> other(the key has 1025 bytes, and may have 1024 (--limit key-bytes))',
  'get of a key of 1025 bytes -> other(the key has 1025 bytes, and may have 1024 (--limit key-bytes))',
  'delete -> ()',
  'delete again -> ()',
  'get after delete -> none',
  'increment of an absent key -> 5',
  'increment -> 42',
  'increment by 0 -> 42',
  'its value -> "42"',
  'increment of 9007199254740993 by 42 -> 9007199254741035',
  'is still 9007199254740993 -> false',
  'increment of -1 by 42 -> 41',
  'is still -1 -> false',
  'increment of -43 by 42 -> other(the sum is below 0)',
  'is still -43 -> true',
  'increment of 9223372036854775766 by 42 -> other(the sum does not fit a signed number of 64 bits)',
  'is still 9223372036854775766 -> true',
  'increment of 9223372036854775765 by 42 -> 9223372036854775807',
  'is still 9223372036854775765 -> false',
  'increment of 9223372036854775808 by 42 -> other(the value is not a whole number of 64 bits in decimal digits)',
  'is still 9223372036854775808 -> true',
  'increment of text by 42 -> other(the value is not a whole number of 64 bits in decimal digits)',
  'is still text -> true',
  'increment of nothing by 42 -> other(the value is not a whole number of 64 bits in decimal digits)',
  'is still nothing -> true',
  'increment of 007 by 42 -> other(the value is not a whole number of 64 bits in decimal digits)',
  'is still 007 -> true',
  "increment of ' 7' by 42 -> other(the value is not a whole number of 64 bits in decimal digits)",
  "is still ' 7' -> true",
  'increment of 1.5 by 42 -> other(the value is not a whole number of 64 bits in decimal digits)',
  'is still 1.5 -> true',
  'increment by 2^63 -> other(the sum does not fit a signed number of 64 bits)',
  'increment by 2^63 - 1 -> 9223372036854775807',
  'increment beyond -> other(the sum does not fit a signed number of 64 bits)',
  'set-many -> ()',
  'get-many -> fact-2=two none fact-1=uno fact-2=two',
  'get-many of none -> 0',
  'set-many of none -> ()',
  'delete-many of none -> ()',
  'delete-many -> ()',
  'what is left -> Ok([])',
  'open of an unknown store -> no-such-store',
];

const text = async ({ origin }: Served, path: string): Promise<string> =>
  await (await fetch(`${origin}${path}`)).text();

test.skip.each(MISSING_KINDS)('a store of %s: it is not installed here', () => undefined);

describe.each(nodeWays)('$engine $isolation', (way) => {
  test.each(STORE_KINDS)('all functions do with a store of %s what they do with any', async (kind) => {
    await using place = await makePlace(kind);
    await using guest = await answer(way, 'key-value', { keyValue: { default: place.spec } });
    for (let time = 0; time < 2; time += 1) expect(await readFacts(await guest.send('/facts'))).toEqual(FACTS);
    expect(failuresOf(guest)).toEqual([]);
  });

  test.each(STORE_KINDS)('a counter in a store of %s counts each of many concurrent requests', async (kind) => {
    await using place = await makePlace(kind);
    await using guest = await answer(way, 'key-value', { keyValue: { default: place.spec } });
    const counts = Array.from({ length: 100 }, async () => Number(await (await guest.send('/count/visits')).text()));
    expect((await Promise.all(counts)).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
  });

  test('nothing is granted by default', async () => {
    await using guest = await answer(way, 'key-value');
    expect(await (await guest.send('/count/visits')).text()).toBe('access-denied\n');
  });

  test('what was set stays when the guest traps, and so does nothing else', async () => {
    await using guest = await answer(way, 'key-value', { keyValueMemory: true });
    expect((await guest.send('/trap?key=a&value=1')).status).toBe(500);
    expect(await (await guest.send('/keys')).text()).toBe('a\n');
    expect(failuresOf(guest)).toHaveLength(1);
  });
});

test('stores are apart from each other', async () => {
  await using served = await serveGuest('key-value', { keyValue: { default: 'memory', other: 'memory' } });
  expect(await text(served, '/count/n')).toBe('1\n');
  expect(await text(served, '/count/n?store=default')).toBe('2\n');
  expect(await text(served, '/count/n?store=other')).toBe('1\n');
  expect(await text(served, '/count/n?store=third')).toBe('no-such-store\n');
});

test('a store in memory has the values that it is given', async () => {
  await using served = await serveGuest('key-value', { keyValueInMemoryData: { hello: 'world', empty: '' } });
  expect(await text(served, '/keys')).toBe('hello\nempty\n');
  expect(await text(served, '/get?key=hello')).toBe('world\n');
});

test('values for a store that is not in memory are refused', async () => {
  const component = await loadComponent(guestFile('key-value'));
  const options = { keyValue: { default: 'sqlite:x.db' }, keyValueInMemoryData: { a: '1' } };
  expect(() => createHost(component, options)).toThrow('default store in memory, and it is another');
});

test.each([
  ['/set?key=a&bytes=1048576', 'set\n'],
  ['/set?key=a&bytes=1048577', 'other(the value has 1048577 bytes, and may have 1048576 (--limit value-bytes))\n'],
])('the size of values is bounded: %s', async (path, reply) => {
  await using served = await serveGuest('key-value', { keyValueMemory: true });
  expect(await text(served, path)).toBe(reply);
});

test('what others have written is bounded too', async () => {
  await using place = await makePlace('sqlite');
  await using writer = await serveGuest('key-value', { keyValue: { default: place.spec } });
  await using reader = await serveGuest('key-value', {
    keyValue: { default: place.spec },
    limits: { maxValueBytes: 1000 },
  });
  await text(writer, '/set?key=a&bytes=1001');
  expect(await text(reader, '/size?key=a')).toBe(
    'other(the value has 1001 bytes, and may have 1000 (--limit value-bytes))\n',
  );
});

test.each(STORE_KINDS)('requests leave nothing behind with a store of %s, however they end', async (kind) => {
  await using place = await makePlace(kind);
  await using served = await serveGuest('key-value', { keyValue: { default: place.spec }, timeoutMs: 300 });
  await text(served, '/count/n');
  const start = leftovers(served.host);
  await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      if (index % 3 === 0) await text(served, '/trap?key=a&value=1');
      else if (index % 3 === 1) await text(served, '/count/n?times=10');
      else
        await fetch(`${served.origin}/count/long?times=1000000000`, { signal: AbortSignal.timeout(50) }).catch(
          () => undefined,
        );
    }),
  );
  await untilNothingIsLeft(served.host, start);
  await until(() => served.host.load.heldBytes === 0);
  const before = await text(served, '/count/long');
  expect(Number(await text(served, '/count/long'))).toBe(Number(before) + 1);
});

test.each(STORE_KINDS)('a request that counts without end in a store of %s ends at its deadline', async (kind) => {
  await using place = await makePlace(kind);
  await using served = await serveGuest('key-value', { keyValue: { default: place.spec }, timeoutMs: 300 });
  expect((await fetch(`${served.origin}/count/long?times=1000000000`)).status).toBe(504);
});

describe.skipIf(!hasRedis)('a Redis server', () => {
  test('that ends and comes back: errors meanwhile, then all is well', async () => {
    await using redis = await startRedis();
    await using served = await serveGuest('key-value', { keyValue: { default: redis.url } });
    expect(await text(served, '/count/n')).toBe('1\n');
    await redis.kill();
    const meanwhile = await Promise.all(Array.from({ length: 20 }, () => text(served, '/count/n')));
    expect(new Set(meanwhile)).toEqual(new Set(['other(the store cannot be reached)\n']));
    expect(noticesOf(served).join('\n')).toMatch(/key-value store default failed: the store cannot be reached: /);
    await redis.restart();
    expect(await text(served, '/count/n')).toBe('1\n');
    expect(await text(served, '/count/n')).toBe('2\n');
  });

  test('that does not answer: the deadline of the request counts, and its client hears of nothing later', async () => {
    await using redis = await startRedis();
    await using served = await serveGuest('key-value', { keyValue: { default: redis.url }, timeoutMs: 300 });
    await text(served, '/count/n');
    const start = leftovers(served.host);
    redis.pause();
    const stuck = await Promise.all(Array.from({ length: 5 }, () => fetch(`${served.origin}/get?key=a`)));
    expect(stuck.map(({ status }) => status)).toEqual([504, 504, 504, 504, 504]);
    redis.resume();
    await untilNothingIsLeft(served.host, start);
    expect(await text(served, '/count/n')).toBe('2\n');
  });

  test('has the keys as they are, after the prefix', async () => {
    await using redis = await startRedis();
    await using plain = await serveGuest('key-value', { keyValue: { default: redis.url } });
    await using apart = await serveGuest('key-value', { keyValue: { default: `${redis.url}/0?prefix=shop:` } });
    await text(apart, '/set?key=a&value=1');
    await text(plain, '/set?key=b&value=2');
    expect(await text(apart, '/keys')).toBe('a\n');
    expect((await text(plain, '/keys')).split('\n').toSorted()).toEqual(['', 'b', 'shop:a']);
    expect(await text(plain, '/get?key=shop:a')).toBe('1\n');
  });
});
