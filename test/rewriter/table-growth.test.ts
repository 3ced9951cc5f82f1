import { describe, expect, test } from 'vitest';
import { decodeCoreModule } from '../../src/rewriter/core-module.ts';
import { instanceCostOf } from '../../src/rewriter/analyse/instance-cost.ts';
import { HEAP_BYTES } from '../../src/rewriter/analyse/heap-bytes.ts';
import { assemble, Checked, Tracked } from './tracked.ts';

const TYPES = ['funcref', 'externref', 'anyref', 'exnref', '(ref null $struct)', '(ref null $func)'] as const;

const nullOf = (type: string): string =>
  `(ref.null ${/\$\w+/.exec(type)?.[0] ?? type.replace('ref', '').replace('func', 'func')})`;

const growing = (type: string, maximum = ''): string => `(module (memory 1)
  (type $struct (struct (field i32))) (type $func (func (param i32)))
  (table $other 1 funcref) (table $t 3 ${maximum} ${type})
  (func (export "grow") (param i32) (result i32) (table.grow $t ${nullOf(type)} (local.get 0)))
  (func (export "size") (result i32) (table.size $t)))`;

describe.each(TYPES)('a table of %s', (type) => {
  test.each([
    ['checked', Checked],
    ['tracked', Tracked],
  ] as const)('asks before it grows (%s)', async (_name, Rewritten) => {
    const module = new Rewritten(await assemble(growing(type, '20')));
    const grow = module.func('grow');
    expect([grow(4), grow(0), module.func('size')()]).toEqual([3, 7, 7]);
    expect(module.landlord.askedElements).toEqual([4, 0]);
    module.landlord.mayTake = false;
    expect([grow(1), module.func('size')()]).toEqual([-1, 7]);
  });

  test('gives back what V8 refuses, and never asks for a negative number', async () => {
    const { landlord, ...module } = withFuncs(new Checked(await assemble(growing(type, '5'))));
    expect([module.grow(3), module.grow(-1), module.grow(-2147483648), module.grow(2)]).toEqual([-1, -1, -1, 3]);
    expect(landlord.askedElements).toEqual([3, -3, 2]);
  });
});

test('a module without table.grow has no function for it', async () => {
  const module = new Checked(await assemble('(module (memory 1) (table 1 funcref) (func (export "run")))'));
  expect(Object.keys(module.exports).filter((name) => name.includes('take-elements'))).toEqual([]);
});

test.each([
  ['(table 1000 funcref)', 1000 * HEAP_BYTES.functionElement],
  ['(table 1000 externref)', 1000 * HEAP_BYTES.otherElement],
  ['(table 1000 anyref)', 1000 * HEAP_BYTES.otherElement],
  ['(table 10 funcref) (table 10 funcref)', 20 * HEAP_BYTES.functionElement + 2 * HEAP_BYTES.table],
  ['(type $a (array i64)) (global (ref $a) (array.new_default $a (i32.const 1000)))', 8000],
  ['(type $a (array i64)) (global (ref $a) (array.new $a (i64.const 1) (i32.const 1000)))', 8000],
  ['(type $a (array i64)) (table 1 1 (ref $a) (array.new_default $a (i32.const 1000)))', 8000],
  ['(type $a (array i64)) (elem (ref $a) (item (array.new_default $a (i32.const 1000))))', 8000],
  ['(type $s (struct (field i64 i64))) (global (ref $s) (struct.new_default $s))', 16],
  [`(func $f) (elem func ${'$f '.repeat(100)})`, 100 * HEAP_BYTES.segmentElement],
  ['(func (export "one")) (func (export "two")) (func (export "three"))', 3 * HEAP_BYTES.export],
  ['(global (mut i32) (i32.const 0))', HEAP_BYTES.mutableGlobal],
])('an instance with %s is known to take more', async (wat, bytes) => {
  const [empty, full] = await Promise.all(['', wat].map((text) => assemble(`(module ${text})`)));
  const costs = [empty, full].map((module) => instanceCostOf(decodeCoreModule(module as Uint8Array)).heapBytes);
  expect((costs[1] as number) - (costs[0] as number)).toBeGreaterThanOrEqual(bytes);
});

test('an array whose length is computed before anything runs is refused', async () => {
  const wat = `(module (type $a (array i64))
    (global (ref $a) (array.new_default $a (i32.add (i32.const 1000) (i32.const 1000)))))`;
  const module = decodeCoreModule(await assemble(wat));
  expect(() => instanceCostOf(module)).toThrow(/an array of computed length in a constant expression/);
});

function withFuncs(module: Checked): { landlord: Checked['landlord']; grow: (count: number) => unknown } {
  return { landlord: module.landlord, grow: (count) => module.func('grow')(count) };
}
