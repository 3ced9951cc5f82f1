import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, test } from 'vitest';
import { createBridge, prepareBinding, prepareGuards } from '../../src/linker/run/bridge.ts';
import type { Endable } from '../../src/linker/run/guarded.ts';

const TYPE = { params: ['i32'], results: ['i32'] } as const;

/** Calls a function and gives 7 if it catches anything, in one way or another. */
const CATCHER = new WebAssembly.Module(
  (await parse(`(module
    (import "" "with caller" (func $with (param i32 externref) (result i32)))
    (import "" "without" (func $without (param i32) (result i32)))
    (import "" "caller" (global $caller externref))
    (func (export "with caller") (result i32)
      (block $c (try_table (catch_all $c) (return (call $with (i32.const 1) (global.get $caller)))))
      (i32.const 7))
    (func (export "without") (result i32)
      (drop (block $c (result exnref)
        (try_table (catch_all_ref $c) (return (call $without (i32.const 1)))) (unreachable)))
      (i32.const 7)))`)) as BufferSource,
);
const THROWER = new WebAssembly.Instance(
  new WebAssembly.Module(
    (await parse(
      '(module (tag $t) (func (export "throw") (throw $t)) (func (export "trap") unreachable))',
    )) as BufferSource,
  ),
).exports as Record<'throw' | 'trap', () => never>;

class Caller implements Endable {
  readonly ends: unknown[] = [];

  end(error: unknown): unknown {
    this.ends.push(error);
    return error;
  }
}

type Func = (...args: never[]) => unknown;

/** The ways in which a guest gets a function of the host's. */
const WAYS = {
  'with caller': (func: Func | WebAssembly.Suspending) => createBridge([{ ...TYPE, func }])[0],
  bound: (func: Func | WebAssembly.Suspending, caller: Endable) =>
    prepareBinding([TYPE])(caller, createBridge([{ ...TYPE, func }]))[0],
  guarded: (func: Func | WebAssembly.Suspending, caller: Endable) => prepareGuards([TYPE])(caller, [func])[0],
} as const;

const unused = (): number => 0;

function toGuest(way: keyof typeof WAYS, func: Func | WebAssembly.Suspending, caller: Endable): () => number {
  const given = WAYS[way](func, caller);
  const name = way === 'with caller' ? way : 'without';
  const imports = { caller, 'with caller': unused, without: unused, [name]: given };
  const { exports } = new WebAssembly.Instance(CATCHER, { '': imports } as unknown as WebAssembly.Imports);
  return exports[name] as () => number;
}

const error = new Error('an error');
const thrown: readonly (readonly [what: string, func: () => unknown, noted: unknown])[] = [
  ['an error', () => fail(error), [error]],
  ['a number', () => fail(5), [5]],
  ['undefined', () => fail(undefined), [undefined]],
  ['an error of V8’s for a result that is no number', () => Symbol('no number'), [expect.any(TypeError)]],
  ['an exception of a guest’s', () => THROWER.throw(), [null]],
  ['a trap of a guest’s', () => THROWER.trap(), []],
  ['a full stack', () => fillStack(), []],
];

function fail(by: unknown): never {
  throw by;
}

function fillStack(): number {
  return fillStack() + 1;
}

describe.each(Object.keys(WAYS) as (keyof typeof WAYS)[])('%s', (way) => {
  test('a function is called with what it was given', () => {
    const caller = new Caller();
    const guest = toGuest(way, (x: number, by?: unknown) => (way === 'guarded' || by === caller ? x + 1 : -1), caller);
    expect(guest()).toBe(2);
    expect(caller.ends).toEqual([]);
  });

  test.each(thrown)('no guest catches %s', async (_what, func, noted) => {
    const caller = new Caller();
    expect(toGuest(way, func, caller)).toThrow(/unreachable|call stack/);
    expect(caller.ends).toEqual(noted);
  });

  test.each(thrown)('no guest that waits catches %s', async (_what, func, noted) => {
    const caller = new Caller();
    const later = new WebAssembly.Suspending(async () => {
      await Promise.resolve();
      return func();
    });
    await expect(WebAssembly.promising(toGuest(way, later, caller))()).rejects.toThrow(/unreachable|call stack/);
    expect(caller.ends).toEqual(noted);
  });

  test('no guest catches that it cannot wait', () => {
    const caller = new Caller();
    const later = new WebAssembly.Suspending(async () => 1);
    expect(toGuest(way, later, caller)).toThrow(/unreachable/);
    expect(caller.ends).toEqual([expect.any(WebAssembly.SuspendError)]);
  });
});

test.each(['i32', 'i64', 'f32', 'f64'] as const)('%s goes through and comes back as it is', (type) => {
  const value = type === 'i64' ? -7n : -7;
  const types = { params: [type, type], results: [type] } as const;
  const [func] = createBridge([{ ...types, func: (_x: unknown, y: unknown) => y }]) as [Func];
  expect((func as (...args: unknown[]) => unknown)(value, value, new Caller())).toBe(value);
});
