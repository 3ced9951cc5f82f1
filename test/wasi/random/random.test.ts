import { describe, expect, test } from 'vitest';
import { Trap } from '../../../src/util/trap.ts';
import { WasiCtx } from '../../../src/wasi/wasi-ctx.ts';
import { insecureSeed } from '../../../src/wasi/random/insecure-seed.ts';
import { DEFAULT_LIMITS } from '../../../src/util/limits.ts';
import { insecure } from '../../../src/wasi/random/insecure.ts';
import { random } from '../../../src/wasi/random/random.ts';

const MAX_RANDOM_BYTES = 3 * 1024 * 1024;
const ctx = new WasiCtx({ limits: { ...DEFAULT_LIMITS, maxRandomBytes: MAX_RANDOM_BYTES } });

describe.each([
  ['random', random.funcs['get-random-bytes'], random.funcs['get-random-u64']],
  ['insecure', insecure.funcs['get-insecure-random-bytes'], insecure.funcs['get-insecure-random-u64']],
] as const)('%s', (_name, getBytes, getU64) => {
  test.each([0, 1, 65_537, MAX_RANDOM_BYTES - 1, MAX_RANDOM_BYTES])('gives %d bytes', (byteLength) => {
    expect(getBytes(ctx, BigInt(byteLength)).byteLength).toBe(byteLength);
  });

  test('fills all of them: no run of 32 zero bytes at any MiB or at the end', () => {
    const bytes = getBytes(ctx, BigInt(MAX_RANDOM_BYTES));
    for (let end = 1024 * 1024; end <= MAX_RANDOM_BYTES; end += 1024 * 1024) {
      expect(bytes.subarray(end - 32, end).some(Boolean)).toBe(true);
    }
  });

  test.each([BigInt(MAX_RANDOM_BYTES) + 1n, 2n ** 64n - 1n])('traps at %d bytes', (len) => {
    expect(() => getBytes(ctx, len)).toThrow(Trap);
  });

  test.each([1, 3, 4, 16, 63, 64, 65])('draws every bit of %d bytes', (byteLength) => {
    const draws = Array.from({ length: 100 }, () => getBytes(ctx, BigInt(byteLength)));
    for (let index = 0; index < byteLength; index += 1) {
      expect(draws.reduce((seen, bytes) => seen | (bytes[index] ?? 0), 0)).toBe(0xff);
      expect(draws.reduce((seen, bytes) => seen & (bytes[index] ?? 0), 0xff)).toBe(0);
    }
  });

  test('draws every bit of a u64', () => {
    const draws = Array.from({ length: 100 }, () => getU64(ctx));
    expect(draws.reduce((seen, drawn) => seen | drawn)).toBe(2n ** 64n - 1n);
    expect(draws.reduce((seen, drawn) => seen & drawn)).toBe(0n);
  });

  test('gives u64s that differ', () => {
    expect(new Set(Array.from({ length: 100 }, () => getU64(ctx))).size).toBe(100);
    expect(getU64(ctx)).toBeLessThan(2n ** 64n);
  });
});

test('two requests get two seeds', () => {
  const seeds = [1, 2].map(() => insecureSeed.funcs['insecure-seed'](new WasiCtx({})));
  expect(new Set(seeds.flat()).size).toBe(4);
});

test('a request that asks twice gets one seed', () => {
  const asking = new WasiCtx({});
  const [first, second] = [1, 2].map(() => insecureSeed.funcs['insecure-seed'](asking));
  expect(second).toEqual(first);
});
