import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, test } from 'vitest';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { createSource } from '../../src/component/source.ts';
import { linkComponent } from '../../src/linker/link.ts';

class Counter {
  count = 0;
}

interface Added {
  readonly added: unknown[];
}

/** `make` is whatever a component declares it to be: the interface says nothing of its types. */
function serve(make: () => unknown): HostInterface<Added> {
  return {
    name: 'acme:lib/api',
    version: '1.0.0',
    resources: { counter: Counter },
    mayWait: ['make'],
    funcs: { make, '[method]counter.add': ({ added }: Added, self: unknown) => void added.push(self) },
  };
}

/** Makes one, and adds to it. */
function toWat(result: string, load: string): string {
  return `(component
    (import "acme:lib/api@1.0.0" (instance $api
      (export "counter" (type $c (sub resource)))
      (export "make" (func (result ${result})))
      (export "[method]counter.add" (func (param "self" (borrow $c))))))
    (core module $libc (memory (export "m") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
    (core instance $libc (instantiate $libc))
    (alias export $api "make" (func $make)) (alias export $api "[method]counter.add" (func $add))
    (core func $make' (canon lower (func $make) (memory (core memory $libc "m")) (realloc (core func $libc "realloc"))))
    (core func $add' (canon lower (func $add)))
    (core module $main
      (import "" "m" (memory 1)) (import "" "make" (func $make ${load === 'flat' ? '(result i32)' : '(param i32)'})) (import "" "add" (func $add (param i32)))
      (func (export "run") (call $add ${load === 'flat' ? '(call $make)' : `(call $make (i32.const 0)) ${load}`})))
    (core instance $i (instantiate $main (with "" (instance
      (export "m" (memory $libc "m")) (export "make" (func $make')) (export "add" (func $add'))))))
    (func $run (canon lift (core func $i "run")))
    (instance $r (export "run" (func $run)))
    (export "acme:test/run" (instance $r)))`;
}

const RESULTS = [
  ['itself', '(own $c)', 'flat', (rep: unknown) => rep],
  ['a tuple', '(tuple u32 (own $c))', '(i32.load (i32.const 4))', (rep: unknown) => [1, rep]],
  ['an option', '(option (own $c))', '(i32.load (i32.const 4))', (rep: unknown) => rep],
  ['a result', '(result (own $c))', '(i32.load (i32.const 4))', (rep: unknown) => ({ tag: 'ok', val: rep })],
  ['a list', '(list (own $c))', '(i32.load (i32.load (i32.const 0)))', (rep: unknown) => [rep]],
] as const;

describe.each(RESULTS)('a resource in %s that a function without a type returns', (_what, result, load, wrap) => {
  async function run(make: () => unknown): Promise<readonly unknown[]> {
    const pre = await linkComponent(createSource('test', await parse(toWat(result, load))), [serve(make)]);
    const ctx: Added = { added: [] };
    try {
      await pre.instantiate(ctx).call(ctx, 'acme:test/run', 'run', []);
    } catch (error) {
      return [(error as Error).message, ...ctx.added];
    }
    return ctx.added;
  }

  test('is one of its class', async () => {
    const counter = new Counter();
    expect(await run(() => wrap(counter))).toEqual([counter]);
    expect(await run(() => Promise.resolve(wrap(counter)))).toEqual([counter]);
  });

  test.each([
    ['a string', 'text'],
    ['a number', 1],
    ['an object that looks alike', { count: 0 }],
    ['the class itself', Counter],
    ['its prototype', Counter.prototype],
    ['an object of another class', new Map()],
  ])('is never %s', async (_other, value) => {
    const says = 'acme:lib/api@1.0.0#make returned a value that is not a counter, as the component declares';
    expect(await run(() => wrap(value))).toEqual([says]);
    expect(await run(() => Promise.resolve(wrap(value)))).toEqual([says]);
  });
});
