import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createResetStrategy } from '../../src/instance/reset.ts';
import { probeReset } from '../../src/instance/probe-reset.ts';
import type { LinkedInstance } from '../../src/linker/run/linked-instance.ts';
import type { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { linkText, noCtx } from './poker.ts';

const FUNCS = `(func (export "get-f32") (result i32) (i32.reinterpret_f32 (global.get $f32)))
  (func (export "set-f32") (param i32) (global.set $f32 (f32.reinterpret_i32 (local.get 0))))
  (func (export "get-f64") (result i64) (i64.reinterpret_f64 (global.get $f64)))
  (func (export "set-f64") (param i64) (global.set $f64 (f64.reinterpret_i64 (local.get 0))))`;

/** The floats of a module, and their initial values. */
const PLACES = {
  'its own, from 0': '(global $f32 (mut f32) (f32.const 0)) (global $f64 (mut f64) (f64.const 0))',
  'its own, from a quiet NaN with a payload':
    '(global $f32 (mut f32) (f32.const nan:0x612345)) (global $f64 (mut f64) (f64.const nan:0xc123456789abc))',
  'its own, from a signalling NaN':
    '(global $f32 (mut f32) (f32.const nan:0x1)) (global $f64 (mut f64) (f64.const -nan:0x1))',
  'its own, set at its start': `(global $f32 (mut f32) (f32.const 0)) (global $f64 (mut f64) (f64.const 0))
    (func $start (global.set $f32 (f32.const nan:0x1234)) (global.set $f64 (f64.const nan:0x1234))) (start $start)`,
  exported: `(global $f32 (export "f32") (mut f32) (f32.const nan:0x2)) (global $f64 (export "f64") (mut f64) (f64.const nan:0x2))`,
  "another's": `(import "other" "f32" (global $f32 (mut f32))) (import "other" "f64" (global $f64 (mut f64)))`,
} as const;

const OTHER = `(core module $other
    (global (export "f32") (mut f32) (f32.const nan:0x3)) (global (export "f64") (mut f64) (f64.const nan:0x3)))
  (core instance $other (instantiate $other))`;

function toComponent(globals: string): string {
  const isImported = globals.includes('(import');
  const types = {
    'get-f32': '(result u32)',
    'set-f32': '(param "v" u32)',
    'get-f64': '(result u64)',
    'set-f64': '(param "v" u64)',
  };
  return `(component ${isImported ? OTHER : ''}
    (core module $m ${globals} ${FUNCS})
    (core instance $i (instantiate $m ${isImported ? '(with "other" (instance $other))' : ''}))
    ${Object.entries(types)
      .map(([name, type]) => `(func $${name} ${type} (canon lift (core func $i "${name}")))`)
      .join('\n')}
    (instance $api ${Object.keys(types)
      .map((name) => `(export "${name}" (func $${name}))`)
      .join(' ')})
    (export "test:floats/guest" (instance $api)))`;
}

type Instance = LinkedInstance<WasiCtx>;

const call = (instance: Instance, func: string, ...args: unknown[]): Promise<unknown> =>
  instance.call(noCtx(), 'test:floats/guest', func, args);
const bitsOf = async (instance: Instance): Promise<unknown[]> => [
  await call(instance, 'get-f32'),
  await call(instance, 'get-f64'),
];

/** More often than not a NaN. */
const bits32 = fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 0x7f80_0001, max: 0x7fff_ffff }));
const bits64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 0x7ff0_0000_0000_0001n, max: 0x7fff_ffff_ffff_ffffn }),
);

test.each(Object.entries(PLACES))(
  'no bit of a float that a request wrote is there in the next: %s',
  async (_where, globals) => {
    const pre = await linkText(toComponent(globals), []);
    const probed = probeReset(pre);
    if ('reason' in probed) throw new Error(probed.reason);
    const was = await bitsOf(pre.instantiate(noCtx()));
    using strategy = createResetStrategy(pre, probed);
    await fc.assert(
      fc.asyncProperty(bits32, bits64, async (f32, f64) => {
        const instance = strategy.take(noCtx()) as Instance;
        expect(instance).toBe(probed);
        expect(await bitsOf(instance)).toEqual(was);
        await call(instance, 'set-f32', f32);
        await call(instance, 'set-f64', f64);
        expect(await bitsOf(instance)).toEqual([f32, f64]);
        strategy.giveBack(instance, 'reusable');
      }),
    );
  },
);

test('modules without floats export no functions for them', async () => {
  const pre = await linkText(
    '(component (core module $m (global (mut i32) (i32.const 0))) (core instance (instantiate $m)))',
    [],
  );
  expect(pre.instantiate(noCtx()).core.globals.every((global) => global instanceof WebAssembly.Global)).toBe(true);
});
