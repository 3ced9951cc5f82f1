import { describe, expect, test } from 'vitest';
import { checkAlive, ComponentInstance, enterFrom, enteringSet, leaveTo } from '../../src/abi/component-instance.ts';
import { HandleQuota, HandleTable } from '../../src/abi/handle-table.ts';
import { canonResourceDrop, canonResourceNew, canonResourceRep } from '../../src/abi/resources.ts';
import type { ResourceType, ValType } from '../../src/abi/types.ts';
import {
  createGuest,
  func,
  liftParams,
  list,
  lowerParams,
  OPTIONS,
  LOWER_OPTIONS,
  type Twin,
  TWINS,
  u32,
} from './guest.ts';

const A: ResourceType = { name: 'a' };
const B: ResourceType = { name: 'b' };
const OWN_A: ValType = { kind: 'own', resource: A };
const BORROW_A: ValType = { kind: 'borrow', resource: A };

describe('a table', () => {
  test('counts from 1 and uses the index that was freed last first', () => {
    const table = new HandleTable();
    expect([1, 2, 3, 4].map((rep) => table.add(A, rep))).toEqual([1, 2, 3, 4]);
    table.remove(2, A);
    table.remove(4, A);
    expect([5, 6, 7].map((rep) => table.add(B, rep))).toEqual([4, 2, 5]);
    expect(table.get(4, B).rep).toBe(5);
  });

  test.each([0, 2, 3, -1, 2 ** 31, -(2 ** 31), 100_000, 1.5])('has no handle %d', (index) => {
    const table = new HandleTable();
    table.add(A, 'rep');
    table.remove(table.add(A, 'gone'), A);
    if (Math.trunc(index) !== index) return expect(table.get(index, A).rep).toBe('rep');
    expect(() => table.get(index, A)).toThrow(/unknown handle/);
    return expect(() => table.remove(index, A)).toThrow(/unknown handle/);
  });

  test('takes no handle for one of another type, however equal', () => {
    const table = new HandleTable();
    table.add(A, 'rep');
    expect(() => table.get(1, { ...A })).toThrow('handle 1 is a a, not a a');
    expect(() => table.remove(1, B)).toThrow('handle 1 is a a, not a b');
  });

  test('traps beyond its quota, which tables share', () => {
    const quota = new HandleQuota(3);
    const [one, two] = [new HandleTable(quota), new HandleTable(quota)];
    one.add(A, 1);
    two.add(A, 2);
    two.add(A, 3);
    expect(() => one.add(A, 4)).toThrow(/more than 3 resource handles/);
    two.reset();
    expect(quota.live).toBe(1);
    expect(one.add(A, 4)).toBe(2);
  });

  test('is as new after a reset, whatever happened before', () => {
    const table = new HandleTable();
    for (let i = 0; i < 2000; i++) table.add(A, i);
    for (let i = 2; i < 2000; i += 3) table.remove(i, A);
    table.get(1, A).numLends = 5;
    table.reset();
    expect(table.size).toBe(0);
    expect(() => table.get(1, A)).toThrow(/unknown handle 1/);
    expect(Array.from({ length: 1500 }, () => table.add(B, 'new'))).toEqual(
      Array.from({ length: 1500 }, (_, i) => i + 1),
    );
    expect(table.get(1, B)).toMatchObject({ numLends: 0, borrowScope: undefined });
    table.remove(1, B);
  });

  test('releases reps', () => {
    const table = new HandleTable();
    table.add(A, {});
    const handle = table.get(1, A);
    table.remove(1, A);
    expect(handle.rep).toBeUndefined();
  });
});

describe('resource.new, drop and rep', () => {
  test('an owned one is destroyed, a borrowed one is not', () => {
    const inst = new ComponentInstance();
    const scope = { numBorrows: 1 };
    const own = canonResourceNew(inst, A, 42);
    const borrow = inst.handles.add(A, 43, scope);
    expect(canonResourceRep(inst, A, own)).toBe(42);
    expect(canonResourceDrop(inst, A, own, (rep) => `destroyed ${String(rep)}`)).toBe('destroyed 42');
    expect(canonResourceDrop(inst, A, borrow, () => 'destroyed')).toBeUndefined();
    expect(scope.numBorrows).toBe(0);
    expect(() => canonResourceDrop(inst, A, own, String)).toThrow(/unknown handle/);
  });

  test('trap inside of realloc and post-return', () => {
    const inst = new ComponentInstance();
    const own = canonResourceNew(inst, A, 42);
    inst.mayLeave = false;
    expect(canonResourceRep(inst, A, own)).toBe(42);
    expect(() => canonResourceNew(inst, A, 42)).toThrow(/realloc or post-return/);
    expect(() => canonResourceDrop(inst, A, own, String)).toThrow(/realloc or post-return/);
    expect(() => checkAlive(inst)).toThrow(/realloc or post-return/);
  });
});

describe('entering', () => {
  test('a component cannot be entered while it is, and its parent neither', () => {
    const parent = new ComponentInstance();
    const [one, two] = [new ComponentInstance({ parent }), new ComponentInstance({ parent })];
    const fromHost = enteringSet(one, undefined);
    expect(fromHost).toEqual([one, parent]);
    enterFrom(fromHost);
    expect(() => enterFrom(enteringSet(two, undefined))).toThrow(/re-entered/);
    expect(two.mayEnter).toBe(true);
    const fromOne = enteringSet(two, one);
    expect(fromOne).toEqual([two]);
    enterFrom(fromOne);
    expect(() => enterFrom(enteringSet(one, two))).toThrow(/re-entered/);
    leaveTo(fromOne);
    leaveTo(fromHost);
    expect([parent, one, two].map((inst) => inst.mayEnter)).toEqual([true, true, true]);
  });
});

/** What the host gets when the guest passes the same handle for each parameter. */
function passTwice(twin: Twin, types: readonly ValType[]): () => unknown {
  return () => {
    const guest = createGuest();
    const handle = guest.cx.inst.handles.add(A, 'rep');
    return liftParams(twin, guest, types, [handle, handle]);
  };
}

describe.each(TWINS)('$twin', (twin) => {
  test('an own is given away, once', () => {
    const guest = createGuest();
    const rep = {};
    const [handle = 0] = lowerParams(twin, guest, [OWN_A], [rep]);
    expect(liftParams(twin, guest, [OWN_A], [handle])).toEqual([rep]);
    expect(() => liftParams(twin, guest, [OWN_A], [handle])).toThrow(/unknown handle/);
  });

  test('the same handle cannot be lent and given away in one call, nor given away twice', () => {
    expect(passTwice(twin, [BORROW_A, BORROW_A])()).toEqual(['rep', 'rep']);
    expect(passTwice(twin, [BORROW_A, OWN_A])).toThrow(/is lent/);
    expect(passTwice(twin, [OWN_A, OWN_A])).toThrow(/unknown handle/);
    expect(passTwice(twin, [OWN_A, BORROW_A])).toThrow(/unknown handle/);
  });

  test('a borrow cannot be given away, but lent on', () => {
    const guest = createGuest();
    const handle = guest.cx.inst.handles.add(A, 'rep', { numBorrows: 1 });
    expect(liftParams(twin, guest, [BORROW_A], [handle])).toEqual(['rep']);
    expect(() => liftParams(twin, guest, [OWN_A], [handle])).toThrow(/is borrowed and cannot be given away/);
  });

  test('a borrow has to be dropped before the call returns', () => {
    const guest = createGuest();
    const lift = twin.lift(func([BORROW_A, list(BORROW_A)]), OPTIONS);
    const { cx } = guest;
    const core = (first: unknown): void => {
      expect(cx.inst.handles.size).toBe(3);
      for (const index of [Number(first), 2]) canonResourceDrop(cx.inst, A, index, String);
    };
    expect(() => lift({ cx, entering: [], core })('x', ['y', 'z'])).toThrow('1 borrowed handles were not dropped');
  });

  test('a borrow of what the guest defines arrives as its rep', () => {
    const guest = createGuest({ resources: new Set([A]) });
    expect(lowerParams(twin, guest, [BORROW_A], [42])).toEqual([42]);
    expect(guest.cx.inst.handles.size).toBe(0);
  });

  test('handles are lent until the call returns', () => {
    const { cx } = createGuest();
    const handle = cx.inst.handles.add(A, 'rep');
    const call = (): void => expect(cx.inst.handles.get(handle, A).numLends).toBe(2);
    twin.lower(func([BORROW_A, BORROW_A]), LOWER_OPTIONS)({ cx, store: { ctx: 0 }, call })(handle, handle);
    expect(cx.inst.handles.get(handle, A).numLends).toBe(0);
  });

  test('handles are lent until the promise of a call resolves', async () => {
    const { cx } = createGuest();
    const handle = cx.inst.handles.add(A, 'rep');
    const { promise, resolve } = Promise.withResolvers<number>();
    const lower = twin.lower(func([BORROW_A], u32), { ...LOWER_OPTIONS, calling: 'may-wait' });
    const pending = lower({ cx, store: { ctx: 0 }, call: () => promise })(handle);
    expect(() => cx.inst.handles.remove(handle, A)).toThrow(/is lent/);
    resolve(7);
    expect(await pending).toBe(7);
    expect(canonResourceDrop(cx.inst, A, handle, String)).toBe('rep');
  });

  test('lends of a call within a call end with their own', () => {
    const { cx } = createGuest();
    const handle = cx.inst.handles.add(A, 'rep');
    const lower = twin.lower(func([BORROW_A]), LOWER_OPTIONS);
    const lends: number[] = [];
    const look = (): unknown => lends.push(cx.inst.handles.get(handle, A).numLends);
    const inner = lower({ cx, store: { ctx: 0 }, call: look });
    const call = (): void => {
      inner(handle);
      look();
    };
    lower({ cx, store: { ctx: 0 }, call })(handle);
    look();
    expect(lends).toEqual([2, 1, 0]);
  });
});
