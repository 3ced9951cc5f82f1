import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { describe, expect, test } from 'vitest';
import type { HostInterface } from '../../src/abi/host-interface.ts';
import { createSource } from '../../src/component/source.ts';
import { linkComponent, planComponent } from '../../src/linker/link.ts';

interface Taken {
  readonly taken: unknown[];
}

const HOST: HostInterface<Taken> = {
  name: 'acme:test/host',
  version: '1.0.0',
  resources: {},
  mayWait: [],
  funcs: { take: ({ taken }: Taken, value: unknown) => void taken.push(value) },
};

/** As wit-component does, a core module calls what it imports through a table, and another fills that. */
interface Types {
  /** What the caller imports, and the trampoline's. */
  readonly caller: string;
  /** What the trampoline calls the table's entry by. */
  readonly called: string;
  readonly value: string;
}

async function assemble({ caller, called, value }: Types): Promise<Uint8Array> {
  return await parse(`(component
    (import "acme:test/host@1.0.0" (instance $host (export "take" (func (param "value" u32)))))
    (core module $shim
      (type $called (func ${called})) (type $own (func ${caller}))
      (table (export "$imports") 1 1 funcref)
      (func (export "0") (type $own) (local.get 0) (i32.const 0) (call_indirect (type ${called === caller ? '$own' : '$called'}))))
    (core module $main (import "" "0" (func $f ${caller})) (func (export "run") (call $f ${value})))
    (core module $fixup
      (import "" "$imports" (table 1 1 funcref)) (import "" "0" (func $f (param i32))) (elem (i32.const 0) func $f))
    (core instance $s (instantiate $shim))
    (core instance $m (instantiate $main (with "" (instance (export "0" (func $s "0"))))))
    (alias export $host "take" (func $take))
    (core func $lowered (canon lower (func $take)))
    (core instance (instantiate $fixup (with "" (instance (export "$imports" (table $s "$imports")) (export "0" (func $lowered))))))
    (func $run (canon lift (core func $m "run")))
    (instance $r (export "run" (func $run)))
    (export "acme:test/run" (instance $r)))`);
}

async function run(types: Types): Promise<readonly unknown[]> {
  const pre = await linkComponent(createSource('test.wasm', await assemble(types)), [HOST]);
  const ctx = { taken: [] as unknown[] };
  await pre.instantiate(ctx).call(ctx, 'acme:test/run', 'run', []);
  return ctx.taken;
}

const HONEST: Types = { caller: '(param i32)', called: '(param i32)', value: '(i32.const 7)' };

describe('a table that is filled later', () => {
  test('is left out if what it holds is what is called', async () => {
    const { steps } = planComponent(createSource('test.wasm', await assemble(HONEST)), [HOST]);
    expect(steps).toHaveLength(1);
    expect(await run(HONEST)).toEqual([7]);
  });

  test.each<[string, Types]>([
    ['a float', { caller: '(param f64)', called: '(param f64)', value: '(f64.const 1.5)' }],
    ['a longer integer', { caller: '(param i64)', called: '(param i64)', value: '(i64.const 7)' }],
    ['a reference', { caller: '(param externref)', called: '(param externref)', value: '(ref.null extern)' }],
    [
      'a reference to an integer',
      {
        caller: '(param externref)',
        called: '(param externref)',
        value: '(extern.convert_any (ref.i31 (i32.const 7)))',
      },
    ],
    ['more', { caller: '(param i32 i32)', called: '(param i32)', value: '(i32.const 7) (i32.const 8)' }],
  ])('is kept if it would be called with %s, and the host is not called by it', async (_what, types) => {
    const { steps } = planComponent(createSource('test.wasm', await assemble(types)), [HOST]);
    expect(steps).toHaveLength(3);
    if (types.called === types.caller) await expect(run(types)).rejects.toThrow(/indirect call|signature|trap/i);
  });
});
