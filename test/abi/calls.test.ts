import { describe, expect, test } from 'vitest';
import { type CodeWriter, js } from '../../src/abi/emit/code-writer.ts';
import { ComponentInstance, Lifetime, enteringSet } from '../../src/abi/component-instance.ts';
import { createEmitter } from '../../src/abi/emit/emitter.ts';
import { HostError } from '../../src/util/host-error.ts';
import { Trap } from '../../src/util/trap.ts';
import { toKey } from '../../src/abi/shape.ts';
import type { ValType } from '../../src/abi/types.ts';
import {
  createGuest,
  f32,
  func,
  type GuestOptions,
  liftParams,
  list,
  LOWER_OPTIONS,
  lowerParams,
  option,
  OPTIONS,
  record,
  result,
  string,
  tuple,
  TWINS,
  u16,
  u32,
  u64,
  u8,
  variant,
} from './guest.ts';

describe.each(TWINS)('$twin', (twin) => {
  test('a promise of the host becomes a promise of the flat result', async () => {
    const guest = createGuest();
    const lower = twin.lower(func([u8], string), { ...LOWER_OPTIONS, callee: 'host', calling: 'may-wait' });
    const store = { ctx: 'first' };
    const core = lower({ cx: guest.cx, store, call: async (ctx: string, n: number) => `${ctx} ${n}` });
    const pending = core(7, 16);
    expect(pending).toBeInstanceOf(Promise);
    expect(await pending).toBeUndefined();
    expect(liftParams(twin, guest, [string], Array.from(new Int32Array(guest.memory.buffer, 16, 2)))).toEqual([
      'first 7',
    ]);
  });

  test('the context is read at each call', () => {
    const { cx } = createGuest();
    const store = { ctx: 1 };
    const core = twin.lower(func([], u32), { ...LOWER_OPTIONS, callee: 'host' })({
      cx,
      store,
      call: (ctx: number) => ctx,
    });
    expect(core()).toBe(1);
    store.ctx = 2;
    expect(core()).toBe(2);
  });

  test('a call that waited runs for its own context again, whichever ran meanwhile', async () => {
    const { cx } = createGuest();
    const store = { ctx: 'one' as unknown };
    const wakers: PromiseWithResolvers<undefined>[] = [];
    const call = (): Promise<undefined> => {
      const waker = Promise.withResolvers<undefined>();
      wakers.push(waker);
      return waker.promise;
    };
    const lower = twin.lower(func([]), { ...LOWER_OPTIONS, callee: 'host', calling: 'may-wait' });
    const wait = lower({ cx, store, call });
    const first = wait();
    store.ctx = 'other';
    const second = wait();
    wakers[0]?.resolve(undefined);
    await first;
    expect(store.ctx).toBe('one');
    wakers[1]?.reject(new Error('late'));
    await expect(second).rejects.toThrow('late');
    expect(store.ctx).toBe('other');
  });

  test('a rejection passes through', async () => {
    const { cx } = createGuest();
    const lower = twin.lower(func([]), { ...LOWER_OPTIONS, calling: 'may-wait' });
    await expect(lower({ cx, store: { ctx: 0 }, call: () => Promise.reject(new Error('late')) })()).rejects.toThrow(
      'late',
    );
  });

  test('an export that waits keeps its component closed, and cleans up when it is done', async () => {
    const { cx } = createGuest({ bytes: [8, 0, 0, 0, 2, 0, 0, 0, 104, 105] });
    const { promise, resolve } = Promise.withResolvers<number>();
    const cleaned: unknown[] = [];
    const postReturn = (...flats: unknown[]): void => {
      expect(cx.inst.mayLeave).toBe(false);
      cleaned.push(flats);
    };
    const lift = twin.lift(func([], string), { ...OPTIONS, calling: 'may-wait' });
    const exported = lift({ cx, entering: enteringSet(cx.inst, undefined), core: () => promise, postReturn });
    const pending = exported();
    expect(() => exported()).toThrow(/re-entered/);
    resolve(0);
    expect(await pending).toBe('hi');
    expect(cleaned).toEqual([[0]]);
    expect([cx.inst.mayEnter, cx.inst.mayLeave]).toEqual([true, true]);
  });

  test('a guest that catches the error that ended it cannot continue', async () => {
    const { cx } = createGuest();
    const slots = { cx, store: { ctx: 0 } };
    const imported = twin.lower(func([]), LOWER_OPTIONS)({ ...slots, call: unreachable });
    const exported = twin.lift(
      func([]),
      OPTIONS,
    )({ cx, entering: [], core: () => expect(imported).toThrow(/unreachable/) });
    expect(() => exported()).toThrow(/unreachable/);
    cx.inst.reset();
    const late = twin.lower(func([]), { ...LOWER_OPTIONS, calling: 'may-wait' });
    await expect(late({ ...slots, call: async () => unreachable() })()).rejects.toThrow(/unreachable/);
    expect(() => twin.lower(func([]), LOWER_OPTIONS)({ ...slots, call: () => undefined })()).toThrow(/unreachable/);
  });

  test('a call that waits while its instance ends does not return', async () => {
    const { cx } = createGuest();
    const { promise, resolve } = Promise.withResolvers();
    const lower = twin.lower(func([], string), { ...LOWER_OPTIONS, calling: 'may-wait' });
    const returned = lower({ cx, store: { ctx: 0 }, call: () => promise })(16);
    cx.inst.end(new Trap('meanwhile'));
    resolve('never lowered');
    await expect(returned).rejects.toThrow('meanwhile');
  });

  test('one end is that of all instances of a lifetime, and the first counts', async () => {
    const lifetime = new Lifetime();
    const [{ cx }, { cx: other }] = [new ComponentInstance({ lifetime }), new ComponentInstance({ lifetime })].map(
      (inst) => createGuest({ inst }),
    ) as [ReturnType<typeof createGuest>, ReturnType<typeof createGuest>];
    const late = twin.lift(func([]), { ...OPTIONS, calling: 'may-wait' });
    await expect(late({ cx, entering: [], core: async () => unreachable() })()).rejects.toThrow(/unreachable/);
    expect(() => twin.lift(func([]), OPTIONS)({ cx: other, entering: [], core: () => undefined })()).toThrow(
      /unreachable/,
    );
    const imported = twin.lower(func([]), LOWER_OPTIONS)({ cx: other, store: { ctx: 0 }, call: () => undefined });
    expect(imported).toThrow(/unreachable/);
    expect(other.inst.end(new Trap('later'))).toBe(cx.inst.lifetime.ended?.by);
  });

  test('post-return of a function without result gets nothing', () => {
    const { cx } = createGuest();
    const cleaned: unknown[] = [];
    twin.lift(
      func([]),
      OPTIONS,
    )({ cx, entering: [], core: () => undefined, postReturn: (...flats) => cleaned.push(flats) })();
    expect(cleaned).toEqual([[]]);
  });

  test('imports trap inside of realloc and of post-return', () => {
    const inst = new ComponentInstance();
    const imported = twin.lower(func([]), LOWER_OPTIONS);
    const slots = { cx: createGuest({ inst }).cx, store: { ctx: 0 }, call: unreachable };
    const callOut = (): number => Number(imported(slots)());
    const guest = createGuest({ inst, realloc: callOut });
    expect(() => lowerParams(twin, guest, [string], ['x'])).toThrow(/called from within realloc or post-return/);
    inst.reset();
    const lift = twin.lift(func([]), OPTIONS);
    expect(() => lift({ cx: guest.cx, entering: [], core: () => undefined, postReturn: callOut })()).toThrow(
      /realloc or post/,
    );
  });

  test.each<[string, GuestOptions['realloc'], RegExp]>([
    ['misaligned', () => 6, /pointer 6 is not a multiple of 4/],
    ['past the end', () => 4096, /out of bounds: 8 bytes at 4096 in a memory/],
    ['just past the end', () => 4092, /out of bounds: 8 bytes at 4092 in a memory/],
    ['negative', () => -8, /out of bounds: 8 bytes at 4294967288 in a memory/],
  ])('a realloc that returns what is %s traps', (_name, realloc, message) => {
    expect(() => lowerParams(twin, createGuest({ realloc }), [list(u32)], [[1, 2]])).toThrow(message);
  });

  test('a trap of realloc ends the call', () => {
    expect(() => lowerParams(twin, createGuest({ realloc: unreachable }), [string], ['x'])).toThrow(/unreachable/);
  });

  test('a realloc that returns the same twice, or 0, only harms the guest', () => {
    const guest = createGuest({ realloc: () => 0, byteLength: 16 });
    expect(lowerParams(twin, guest, [string, string], ['ab', 'c'])).toEqual([0, 2, 0, 1]);
  });

  test('pointers are checked against the size that the guest sees', () => {
    const options = { byteLength: 65536, reported: 1024 };
    expect(liftParams(twin, createGuest(options), [string], [1020, 4])).toEqual(['\0\0\0\0']);
    expect(() => liftParams(twin, createGuest(options), [string], [1021, 4])).toThrow(/memory of 1024 bytes/);
    const guest = createGuest({ ...options, realloc: () => 1021 });
    expect(() => lowerParams(twin, guest, [string], ['abcd'])).toThrow(/memory of 1024 bytes/);
  });

  test('all that is written is marked, and nothing else', () => {
    const guest = createGuest();
    lowerParams(twin, guest, [u8, string, list(tuple(u8, string))], [1, 'é', [[2, 'x']]]);
    expect(guest.marks).toEqual([
      [8, 2],
      [12, 12],
      [24, 1],
    ]);
    guest.marks.length = 0;
    const lower = twin.lower(func([], result(u32)), LOWER_OPTIONS);
    lower({ cx: guest.cx, store: { ctx: 0 }, call: () => ({ tag: 'ok', val: 3 }) })(100);
    liftParams(twin, guest, [string], [8, 2]);
    expect(guest.marks).toEqual([[100, 8]]);
  });

  test.each([
    [102, /pointer 102 is not a multiple of 4/],
    [4092, /out of bounds: 8 bytes at 4092 in a memory/],
    [-4, /out of bounds: 8 bytes at 4294967292 in a memory/],
  ])('a result that goes to %i traps', (out, message) => {
    const { cx } = createGuest();
    const lower = twin.lower(func([], result(u32)), LOWER_OPTIONS);
    expect(() => lower({ cx, store: { ctx: 0 }, call: () => ({ tag: 'err', val: undefined }) })(out)).toThrow(message);
  });

  test('more than 16 flat parameters go through memory', () => {
    const guest = createGuest();
    const types: ValType[] = [...Array.from({ length: 15 }, () => u8), string];
    const values = [...Array.from({ length: 15 }, (_, i) => i), 'spilled'];
    expect(lowerParams(twin, guest, types, values)).toEqual([8]);
    expect(guest.reallocs).toEqual([
      [0, 0, 4, 24],
      [0, 0, 1, 7],
    ]);
    expect(liftParams(twin, guest, types, [8])).toEqual(values);
    expect(() => liftParams(twin, createGuest(), types, [4090])).toThrow(/multiple of 4/);
    expect(() => liftParams(twin, createGuest(), types, [4080])).toThrow(/24 bytes at 4080/);
  });

  describe('the budget of a call', () => {
    const bytes = Uint8Array.from({ length: 512 }, (_, i) => [0, 1, 0, 0, 100, 0, 0, 0].at(i % 8) ?? 0);

    test('is taken for each string, though all are one', () => {
      const options = { bytes, maxCallBytes: 16 * (64 + 100) };
      expect(liftParams(twin, createGuest(options), [list(string)], [0, 16])).toHaveLength(1);
      const poorer = createGuest({ ...options, maxCallBytes: options.maxCallBytes - 1 });
      expect(() => liftParams(twin, poorer, [list(string)], [0, 16])).toThrow(
        /one call passes more than 2623 bytes to the host/,
      );
    });

    test('is full again at the next call', () => {
      const guest = createGuest({ bytes, maxCallBytes: 150 });
      for (let i = 0; i < 3; i++) expect(liftParams(twin, guest, [string], [256, 100])).toHaveLength(1);
      expect(() => liftParams(twin, guest, [string, string], [256, 100, 256, 100])).toThrow(
        /one call passes more than/,
      );
    });

    test.each<[ValType, number]>([
      [list(list(u8)), 256],
      [list(string), 64],
      [list({ kind: 'f64' }), 16],
      [list(u8), 1],
      [list(u32), 8],
      [list(option(u8)), 40],
      [list(record({ a: u8, b: u64 })), 72],
    ])('is taken for the host objects of a list: %j', (t, cost) => {
      const guest = createGuest({ byteLength: 4096, maxCallBytes: 1000 });
      liftParams(twin, guest, [t], [0, 2]);
      expect(guest.cx.budget).toBe(1000 - 2 * cost);
    });

    test('covers a list that is as long as memory in no time', () => {
      const guest = createGuest({ byteLength: 2 ** 24 });
      expect(() => liftParams(twin, guest, [list(list(u8))], [0, 2 ** 21])).toThrow(/more than 16777216 bytes/);
    });
  });

  test.each<[ValType, unknown, RegExp]>([
    [variant({ a: u8 }), { tag: 'b', val: 1 }, /the host returned the unknown case "b"/],
    [variant({ a: u8 }), { tag: 'constructor', val: 1 }, /the host returned the unknown case "constructor"/],
    [{ kind: 'enum', labels: ['a'] }, 'b', /the host returned the unknown case "b"/],
    [{ kind: 'char' }, 'ab', /the host returned "ab" for a char/],
    [{ kind: 'char' }, '', /for a char/],
    [{ kind: 'char' }, '\uD800', /for a char/],
    [list(u8), undefined, /the host returned undefined for a list/],
    [list(u8), 'text', /the host returned string for a list/],
    [list(u8, 2), [1], /the host returned 1 elements, expected 2/],
    [list(u16, 2), [1, 2, 3], /the host returned 3 elements, expected 2/],
  ])('%o of the host cannot be %o', (t, value, message) => {
    expect(() => lowerParams(twin, createGuest(), [t], [value])).toThrow(TypeError);
    expect(() => lowerParams(twin, createGuest(), [tuple(t)], [[value]])).toThrow(message);
    expect(() => lowerParams(twin, createGuest(), [list(t)], [[value]])).toThrow(message);
  });

  test.each<[ValType, unknown, unknown]>([
    [option(u8), null, undefined],
    [{ kind: 'bool' }, 1, true],
    [u8, 257, 1],
    [{ kind: 's8' }, 255, -1],
    [u64, -1n, 2n ** 64n - 1n],
    [list(u8), [1, 2], Uint8Array.of(1, 2)],
    [list(u16), Uint16Array.of(1, 2), [1, 2]],
    [list(f32), Float64Array.of(0.1), [Math.fround(0.1)]],
    [{ kind: 'flags', labels: ['a', 'b'] }, { b: true }, { a: false, b: true }],
    [string, 'a\uD800b', 'a\uFFFDb'],
    [string, '\uD800'.repeat(50), '\uFFFD'.repeat(50)],
  ])('%o of the host may be %o', (t, value, arrives) => {
    for (const encoding of ['utf8', 'utf16', 'latin1+utf16'] as const) {
      const guest = createGuest({ encoding });
      expect(liftParams(twin, guest, [t], lowerParams(twin, guest, [t], [value]))).toEqual([arrives]);
      const inMemory = lowerParams(twin, guest, [list(tuple(t))], [[[value]]]);
      expect(liftParams(twin, guest, [list(tuple(t))], inMemory)).toEqual([[[arrives]]]);
    }
  });

  test('one component calls another through values of ours', async () => {
    const bytes = Uint8Array.from({ length: 128 }, (_, i) => [100, 0, 0, 0, 2, 0, 0, 0][i] ?? 104);
    const [caller, callee] = [createGuest({ encoding: 'utf16' }), createGuest({ bytes })];
    const type = func([string], string);
    const entering = enteringSet(callee.cx.inst, caller.cx.inst);
    const core = (ptr: unknown, length: unknown): number => {
      expect(Buffer.from(callee.memory.buffer, Number(ptr), Number(length)).toString()).toBe('é');
      return 0;
    };
    const call = twin.lift(type, OPTIONS)({ cx: callee.cx, entering, core });
    const imported = twin.lower(type, { ...LOWER_OPTIONS, stringEncoding: 'utf16' })({
      cx: caller.cx,
      store: { ctx: 0 },
      call,
    });
    new Uint16Array(caller.memory.buffer)[8] = 0xe9;
    imported(16, 1, 32);
    const [ptr = 0, length = 0] = new Uint32Array(caller.memory.buffer, 32, 2);
    expect(Buffer.from(caller.memory.buffer, ptr, 2 * length).toString('utf16le')).toBe('hh');
  });
});

describe('emitted code', () => {
  test.each(['a;b', 'a b', '', '__proto__', 'a.b', '1a', "x'", 'x\n'])('%j is not a valid name in it', (name) => {
    expect(write((code) => code.line(js`${name}`))).toThrow(/invalid name in emitted code/);
    expect(write((code) => code.line(js`${[name]}`))).toThrow(/invalid name in emitted code/);
    expect(write((code) => code.line(js`${{ object: [['key', name]] }}`))).toThrow(/invalid name in emitted code/);
  });

  test.each([NaN, 1.5, Infinity, 2 ** 60])('%d is not a valid number in it', (n) => {
    expect(write((code) => code.line(js`${n}`))).toThrow(/invalid integer in emitted code/);
  });

  test('labels stand in it as strings only', () => {
    const evil = '"}); globalThis.evil = 1; ({"';
    const t = record({ [evil]: variant({ [evil]: u8, '`${evil}`\u2028': u8 }) });
    const value = { [toKey(evil)]: { tag: '`${evil}`\u2028', val: 3 } };
    const guest = createGuest();
    expect(liftParams(TWINS[1], guest, [t], lowerParams(TWINS[1], guest, [t], [value]))).toEqual([value]);
    expect(globalThis).not.toHaveProperty('evil');
  });

  test.each([
    ['many parts', 40, (t: ValType) => tuple(t, t)],
    ['many types within each other', 100_000, (t: ValType) => option(t)],
  ])('a type of too %s is refused immediately', (_what, depth, nest) => {
    let t: ValType = u8;
    for (let i = 0; i < depth; i++) t = nest(t);
    for (const twin of TWINS) {
      expect(() => twin.lift(func([t]), OPTIONS)).toThrow(HostError);
      expect(() => twin.lower(func([u8], t), LOWER_OPTIONS)).toThrow(/the type of test has (?:more than|types nested)/);
    }
  });

  test('a type that uses others very often is one function for each', () => {
    let t: ValType = tuple(u8, string);
    for (let depth = 0; depth < 10; depth++) t = tuple(t, t);
    const guest = createGuest({ byteLength: 2 ** 20 });
    const [value] = liftParams(TWINS[1], guest, [list(t)], [64, 1]);
    expect((value as unknown[]).flat(13)).toHaveLength(2 * 1024);
  });
});

function write(run: (code: CodeWriter) => void): () => void {
  return () => run(createEmitter({ stringEncoding: 'utf8' }).code);
}

function unreachable(): never {
  throw new WebAssembly.RuntimeError('unreachable');
}
