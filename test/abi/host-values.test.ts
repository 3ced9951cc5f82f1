import { describe, expect, test } from 'vitest';
import type { ResourceType, ValType } from '../../src/abi/types.ts';
import { createGuest, f32, f64, list, lowerParams, option, record, TWINS, tuple, u16, u32, u64, u8 } from './guest.ts';

class Rep {
  readonly name = 'rep';
}

class Other {
  readonly name = 'other';
}

const RESOURCE: ResourceType = { name: 'thing', repClass: Rep };
const own: ValType = { kind: 'own', resource: RESOURCE };
const borrow: ValType = { kind: 'borrow', resource: RESOURCE };

/** What a host returns for a resource that is not one. */
const FORGED: readonly unknown[] = [undefined, null, 7, 'rep', {}, { name: 'rep' }, new Other(), [new Rep()]];
/** Flat, and in memory. */
const PLACES: readonly (readonly [string, (t: ValType) => ValType, (v: unknown) => unknown])[] = [
  ['a parameter', (t) => t, (v) => v],
  ['a tuple', (t) => tuple(u8, t), (v) => [1, v]],
  ['a list', (t) => list(t), (v) => [v]],
  ['a record in a list', (t) => list(record({ a: t })), (v) => [{ a: v }]],
];

describe.each(TWINS)('$twin', (twin) => {
  const lower = (t: ValType, v: unknown): unknown => lowerParams(twin, createGuest(), [t], [v]);

  test.each(PLACES)('in %s only an instance of its class becomes a handle', (_place, around, put) => {
    for (const type of [own, borrow]) {
      // The guest of this test keeps what it borrows.
      if (type === own) expect(lower(around(type), put(new Rep()))).toBeDefined();
      else expect(() => lower(around(type), put(new Rep()))).toThrow('1 borrowed handles were not dropped');
      for (const forged of FORGED)
        expect(() => lower(around(type), put(forged))).toThrow('a value that is not a thing');
    }
  });

  test('an option of a resource is one, or nothing', () => {
    expect(lower(option(own), undefined)).toEqual([0, 0]);
    expect(lower(option(own), new Rep())).toEqual([1, 1]);
    expect(() => lower(option(own), new Other())).toThrow('a value that is not a thing');
  });

  test.each([
    ['a parameter', (t: ValType) => t, (v: unknown) => v],
    ['a tuple', (t: ValType) => tuple(u8, t), (v: unknown) => [1, v]],
  ] as const)('in %s a number is a number, and 64 bits are a bigint', (_place, around, put) => {
    for (const type of [u8, u16, u32, f32, f64]) {
      expect(lower(around(type), put(7))).toBeDefined();
      for (const wrong of [undefined, null, true, '7', {}, 7n])
        expect(() => lower(around(type), put(wrong))).toThrow(TypeError);
    }
    expect(lower(around(u64), put(7n))).toBeDefined();
    for (const wrong of [undefined, true, '7', {}, 7]) expect(() => lower(around(u64), put(wrong))).toThrow(TypeError);
  });

  test('records in a list have numbers', () => {
    for (const wrong of [undefined, '7', true]) {
      expect(() => lower(list(record({ a: u32, b: u64 })), [{ a: wrong, b: 7n }])).toThrow(TypeError);
      expect(() => lower(list(record({ a: u32, b: u64 })), [{ a: 7, b: wrong }])).toThrow(TypeError);
    }
    expect(lower(list(record({ a: u32, b: u64 })), [{ a: 7, b: 7n }])).toBeDefined();
  });
});
