import { describe, expect, test } from 'vitest';
import { Checked, Interrupter, Tracked, assemble, outcome } from './tracked.ts';

/** Programs that pass a check forever, and what they compute if they are not ended: `go` counts the i32 down to 0 and returns the sum. */
const CIRCLES: readonly (readonly [name: string, wat: string])[] = [
  [
    'a loop',
    `(func (export "go") (param $n i32) (result i32) (local $sum i32)
      (loop (local.set $sum (i32.add (local.get $sum) (local.get $n)))
        (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $sum))`,
  ],
  [
    'a loop with params and results, and operands below it',
    `(func (export "go") (param i32) (result i32)
      (i32.const 100) (i32.const 0)
      (loop (param i32) (result i32)
        (i32.add (local.get 0))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (i32.add) (i32.const 100) (i32.sub))`,
  ],
  [
    'an inner loop',
    `(func (export "go") (param $n i32) (result i32) (local $sum i32)
      (block $out (loop $outer (loop $inner
        (local.set $sum (i32.add (local.get $sum) (local.get $n)))
        (br_if $out (i32.eqz (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (br_table $outer $inner (i32.and (local.get $n) (i32.const 1))))))
      (local.get $sum))`,
  ],
  [
    'a loop that catches what is thrown',
    `(tag $tag)
    (func (export "go") (param $n i32) (result i32) (local $sum i32)
      (loop $again
        (block $caught (try_table (catch_all $caught)
          (local.set $sum (i32.add (local.get $sum) (local.get $n)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (loop (throw $tag))))
        (br_if $again (local.get $n)))
      (local.get $sum))`,
  ],
  [
    'a loop that catches in the old form',
    `(tag $tag)
    (func (export "go") (param $n i32) (result i32) (local $sum i32)
      loop $again
        try
          (local.set $sum (i32.add (local.get $sum) (local.get $n)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          loop (throw $tag) end
        catch_all end
        (br_if $again (local.get $n))
      end
      (local.get $sum))`,
  ],
  [
    'recursion',
    `(func $go (export "go") (param $n i32) (result i32)
      (if (result i32) (local.get $n)
        (then (i32.add (local.get $n) (call $go (i32.sub (local.get $n) (i32.const 1))))) (else (i32.const 0))))`,
  ],
  [
    'recursion by way of another function',
    `(func $go (export "go") (param $n i32) (result i32) (call $other (local.get $n)))
    (func $other (param $n i32) (result i32)
      (if (result i32) (local.get $n)
        (then (i32.add (local.get $n) (call $go (i32.sub (local.get $n) (i32.const 1))))) (else (i32.const 0))))`,
  ],
  [
    'recursion by way of a table',
    `(type $go (func (param i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $step)
    (func (export "go") (param $n i32) (result i32) (call_indirect (type $go) (local.get $n) (i32.const 0)))
    (func $step (type $go)
      (if (result i32) (local.get 0)
        (then (i32.add (local.get 0) (call_indirect (type $go) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))))
        (else (i32.const 0))))`,
  ],
  [
    'recursion by way of a reference',
    `(type $go (func (param i32) (result i32))) (elem declare func $step)
    (func (export "go") (param $n i32) (result i32) (call_ref $go (local.get $n) (ref.func $step)))
    (func $step (type $go)
      (if (result i32) (local.get 0)
        (then (i32.add (local.get 0) (call_ref $go (i32.sub (local.get 0) (i32.const 1)) (ref.func $step))))
        (else (i32.const 0))))`,
  ],
  [
    'tail calls',
    `(func (export "go") (param $n i32) (result i32) (return_call $add (local.get $n) (i32.const 0)))
    (func $add (param $n i32) (param $sum i32) (result i32)
      (if (i32.eqz (local.get $n)) (then (return (local.get $sum))))
      (return_call $add (i32.sub (local.get $n) (i32.const 1)) (i32.add (local.get $sum) (local.get $n))))`,
  ],
  [
    'tail calls by way of a table',
    `(type $add (func (param i32 i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $add)
    (func (export "go") (param $n i32) (result i32)
      (return_call_indirect (type $add) (local.get $n) (i32.const 0) (i32.const 0)))
    (func $add (type $add)
      (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
      (return_call_indirect (type $add)
        (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (local.get 0)) (i32.const 0)))`,
  ],
];

/** A module without a memory, and one with a memory, which has marks as well as checks. */
const MEMORIES = ['', '(memory 1) (func (export "store") (i32.store (i32.const 0) (i32.const 1)))'];

/** With all else that the linker needs, and alone, as for jco's glue. */
const MODES = [Tracked, Checked] as const;
const PLACES = MODES.flatMap((mode) => MEMORIES.map((memory) => ({ mode, memory })));

describe.each(CIRCLES)('%s', (_name, wat) => {
  test.each(PLACES)(
    'is interrupted each time it comes round, and continues or ends ($mode.name, $memory)',
    async (place) => {
      const { interrupter, go } = await start(`(module ${place.memory} ${wat})`, place.mode);
      expect(go(5)).toBe(15);
      expect(interrupter.calls).toBe(0);
      interrupter.set(1);
      expect(go(5)).toBe(15);
      expect(interrupter.calls).toBeGreaterThanOrEqual(5);
      interrupter.calls = 0;
      interrupter.verdict = (call) => (call === 3 ? 1 : 0);
      expect(outcome(() => go(5))).toBe('trap: unreachable');
      expect(interrupter.calls).toBe(3);
    },
  );
});

test.each(MODES)('code that ends soon is interrupted once, when the host calls it (%o)', async (mode) => {
  const { interrupter, go } = await start(
    `(module
    (func (export "go") (param i32) (result i32) (call $soon (local.get 0)))
    (func $soon (param i32) (result i32) (block (br_if 0 (local.get 0))) (i32.const 7)))`,
    mode,
  );
  interrupter.set(1);
  expect(go(1)).toBe(7);
  expect(interrupter.calls).toBe(1);
});

const MAX_ARRAY = 4 * 1024 * 1024;

/** Instructions that take as long as their operands say, by what calls them: `go` takes a length. */
const LONG: readonly (readonly [name: string, fields: string, most: number])[] = [
  ['memory.grow', '(memory 1 100) (func (export "go") (param i32) (drop (memory.grow (local.get 0))))', 90],
  [
    'table.grow',
    '(table 1 funcref) (func (export "go") (param i32) (drop (table.grow (ref.null func) (local.get 0))))',
    900,
  ],
  [
    'table.fill',
    '(table 999 funcref) (func (export "go") (param i32) (table.fill (i32.const 0) (ref.null func) (local.get 0)))',
    999,
  ],
  ['array.new', ofArrays('(drop (array.new $bytes (i32.const 1) (local.get 0)))'), MAX_ARRAY],
  ['array.new_default', ofArrays('(drop (array.new_default $bytes (local.get 0)))'), MAX_ARRAY],
  ['array.new_data', ofArrays('(drop (array.new_data $bytes $data (i32.const 0) (local.get 0)))'), 4],
  ['array.new_elem', ofArrays('(drop (array.new_elem $functions $elem (i32.const 0) (local.get 0)))'), 2],
  [
    'array.fill',
    ofArrays('(array.fill $bytes (global.get $one) (i32.const 0) (i32.const 1) (local.get 0))'),
    MAX_ARRAY,
  ],
  [
    'array.copy',
    ofArrays(
      '(array.copy $bytes $bytes (global.get $one) (i32.const 0) (global.get $one) (i32.const 0) (local.get 0))',
    ),
    MAX_ARRAY,
  ],
  [
    'array.init_data',
    ofArrays('(array.init_data $bytes $data (global.get $one) (i32.const 0) (i32.const 0) (local.get 0))'),
    4,
  ],
  [
    'array.init_elem',
    ofArrays('(array.init_elem $functions $elem (global.get $other) (i32.const 0) (i32.const 0) (local.get 0))'),
    2,
  ],
];

function ofArrays(body: string): string {
  return `(type $bytes (array (mut i8))) (type $functions (array (mut funcref)))
    (data $data "data") (elem $elem func $f $f) (func $f)
    (global $one (ref $bytes) (array.new_default $bytes (i32.const ${MAX_ARRAY})))
    (global $other (ref $functions) (array.new_default $functions (i32.const 100)))
    (func (export "go") (param i32) ${body})`;
}

describe.each(LONG)('%s', (_name, fields, most) => {
  test.each(MODES)('is followed by a question (%o)', async (mode) => {
    const { interrupter, go } = await start(`(module ${fields})`, mode);
    interrupter.set(1);
    go(1);
    expect(interrupter.calls).toBe(2);
    interrupter.calls = 0;
    interrupter.verdict = (call) => (call === 2 ? 1 : 0);
    expect(outcome(() => go(1))).toBe('trap: unreachable');
  });

  test.each(MODES)('is done up to its bound (%o)', async (mode) => {
    const { go } = await start(`(module ${fields})`, mode);
    expect(outcome(() => go(most))).toBeUndefined();
  });
});

test.each(
  LONG.filter(([name]) => name.startsWith('array')).flatMap((row) => MODES.map((mode) => [...row, mode] as const)),
)('%s of more than its bound traps', async (_name, fields, most, mode) => {
  const { go } = await start(`(module ${fields})`, mode);
  for (const length of [most + 1, 2 ** 28, 2 ** 31, -1]) expect(outcome(() => go(length))).toMatch(/^trap: /);
});

function wait(type: string, width: number): string {
  return `(func (export "wait${width}") (param i32) (drop (i32.add (i32.const 1)
    (memory.atomic.wait${width} (i32.const 0) (${type}.const 0) (i64.const -1)))))`;
}

test.each(MODES)('what waits for another thread traps (%o)', async (mode) => {
  const started = new mode(await assemble(`(module (memory 1 1 shared) ${wait('i32', 32)} ${wait('i64', 64)})`), {});
  expect(outcome(() => started.func('wait32')(0))).toBe('trap: unreachable');
  expect(outcome(() => started.func('wait64')(0))).toBe('trap: unreachable');
});

const A_HOST = '(import "a" "f" (func $f))';

/** What calls a function of the host four times. */
const HOST_CALLS: readonly (readonly [name: string, wat: string])[] = [
  ['directly', `${A_HOST} (func (export "go") (param i32) (call $f) (call $f) (call $f) (call $f))`],
  [
    'by a table',
    `${A_HOST} (table 1 funcref) (elem (i32.const 0) $f)
    (func (export "go") (param i32) ${'(call_indirect (i32.const 0))'.repeat(4)})`,
  ],
  [
    'by an imported table',
    `(import "a" "table" (table 1 funcref))
    (func (export "go") (param i32) ${'(call_indirect (i32.const 0))'.repeat(4)})`,
  ],
  [
    'by an exported table',
    `${A_HOST} (table (export "table") 1 funcref) (func $put (table.set (i32.const 0) (ref.func $f))) (elem declare func $f)
    (func (export "go") (param i32) (call $put) ${'(call_indirect (i32.const 0))'.repeat(4)})`,
  ],
  [
    'by a reference',
    `(type $t (func)) (import "a" "f" (func $f (type $t))) (elem declare func $f)
    (func (export "go") (param i32) ${'(call_ref $t (ref.func $f))'.repeat(4)})`,
  ],
  [
    'by an imported reference',
    `(type $t (func)) (import "a" "global" (global $g funcref)) (table 1 funcref)
    (func (export "go") (param i32) (table.set (i32.const 0) (global.get $g)) ${'(call_indirect (i32.const 0))'.repeat(4)})`,
  ],
  [
    'by a reference that another function of the host gives',
    `(import "a" "get" (func $get (result funcref))) (table 1 funcref)
    (func (export "go") (param i32) (table.set (i32.const 0) (call $get)) ${'(call_indirect (i32.const 0))'.repeat(4)})`,
  ],
  [
    'in tail position',
    `${A_HOST} (func $tail (return_call $f))
    (func (export "go") (param i32) (call $tail) (call $tail) (call $tail) (call $tail))`,
  ],
  [
    'in tail position by a table',
    `${A_HOST} (table 1 funcref) (elem (i32.const 0) $f) (func $tail (return_call_indirect (i32.const 0)))
    (func (export "go") (param i32) (call $tail) (call $tail) (call $tail) (call $tail))`,
  ],
];

test.each(HOST_CALLS.flatMap((row) => MODES.map((mode) => [...row, mode] as const)))(
  'a guest that calls functions of the host %s is asked for each call',
  async (_name, wat, Mode) => {
    const table = new WebAssembly.Table({ initial: 1, element: 'anyfunc' });
    const exported = new Mode(await assemble('(module (import "b" "f" (func $f)) (func (export "f") (call $f)))'), {
      b: { f: () => calls++ },
    }).func('f');
    let calls = 0;
    table.set(0, exported);
    const global = new WebAssembly.Global({ value: 'anyfunc', mutable: false }, exported);
    const started = new Mode(await assemble(`(module ${wat})`), {
      a: { f: () => calls++, table, global, get: () => exported },
    });
    started.interrupter.set(1);
    started.func('go')(0);
    expect(calls).toBe(4);
    expect(started.interrupter.calls).toBeGreaterThanOrEqual(4);
  },
);

test('a start function is interrupted', async () => {
  const interrupter = new Interrupter();
  interrupter.set(1);
  interrupter.verdict = () => 1;
  const bytes = await assemble('(module (start $spin) (func $spin (loop (br 0))))');
  expect(outcome(() => new Checked(bytes, {}, interrupter))).toBe('trap: unreachable');
});

test('a start function finds the data in its place, in a memory that it imports too', async () => {
  const interrupter = new Interrupter();
  const a = { memory: new WebAssembly.Memory({ initial: 1, maximum: 1 }) };
  const wat = `(module (import "a" "memory" (memory 1 1)) (memory $own 1)
    (data (i32.const 4) "!") (data (memory $own) (i32.const 8) "!")
    (global $sum (mut i32) (i32.const 0)) (start $add)
    (func $add (global.set $sum (i32.add (i32.load (i32.const 4)) (i32.load $own (i32.const 8)))))
    (func (export "go") (result i32) (global.get $sum)))`;
  expect(new Checked(await assemble(wat), { a }, interrupter).func('go')()).toBe(2 * 0x21);
});

async function start(
  wat: string,
  Mode: (typeof MODES)[number],
): Promise<{ interrupter: Interrupter; go: (n: number) => unknown }> {
  const started = new Mode(await assemble(wat), {});
  return { interrupter: started.interrupter, go: (n) => started.func('go')(n) };
}
