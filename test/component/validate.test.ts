import { componentWit, parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeComponent } from '../../src/component/decode.ts';
import { createSource } from '../../src/component/source.ts';
import type { ComponentType } from '../../src/component/validate/checked-types.ts';
import { validateComponent } from '../../src/component/validate/validate.ts';
import { HostError } from '../../src/util/host-error.ts';
import { composeGuests } from '../harness/compose.ts';
import { mutations, readSmall } from '../harness/mutations.ts';

function validate(bytes: Uint8Array): ComponentType {
  const source = createSource('guest.wasm', bytes);
  return validateComponent(decodeComponent(source), source);
}

/** `valid`, or the code and message of what a component is refused with. */
function verdict(bytes: Uint8Array): string {
  try {
    validate(bytes);
    return 'valid';
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join('');

async function verdictOf(wat: string): Promise<string> {
  return verdict(await parse(`(component ${wat})`));
}

/** What wasm-tools says: that a component is valid, is not, or that it has no WIT, which is another matter. */
async function verdictOfWasmTools(bytes: Uint8Array): Promise<'valid' | 'invalid' | 'unknown'> {
  return await Promise.resolve()
    .then(() => componentWit(bytes))
    .then(
      () => 'valid' as const,
      (error: unknown) => (/at offset 0x/.test((error as Error).message) ? 'invalid' : 'unknown'),
    );
}

describe('what wasm-tools says of a component is said here', () => {
  test.each(['hello', 'wasi-mixed', 'middleware', 'echo', 'trap-before', 'command'])(
    '%s with bytes changed',
    async (name) => {
      const judged = { valid: 0, invalid: 0 };
      const property = fc.asyncProperty(mutations(readSmall(name)), async (bytes) => {
        const [ours, theirs] = [verdict(bytes), await verdictOfWasmTools(bytes)];
        if (theirs === 'unknown' || ours.startsWith('not-supported')) return;
        judged[theirs] += 1;
        expect(ours === 'valid' ? 'valid' : 'invalid').toBe(theirs);
      });
      await fc.assert(property, { numRuns: 200 });
      expect(judged.invalid).toBeGreaterThan(0);
      expect(judged.valid).toBeGreaterThan(0);
    },
  );

  test('a component of two is valid', async () => {
    expect(verdict(await composeGuests('middleware', 'hello'))).toBe('valid');
  });
});

const TYPES = '(type $rec (record (field "a" u8))) (type $res (resource (rep i32)))';

describe('valid are', () => {
  test.each([
    ['nothing', ''],
    ['a type that is exported under a name', `${TYPES} (export "rec" (type $rec))`],
    [
      'a resource that is exported, and its methods',
      `${TYPES} (export $r "r" (type $res))
      (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
      (func $f (param "self" (borrow $r)) (canon lift (core func $i "f"))) (export "[method]r.f" (func $f))`,
    ],
    [
      'a constructor that may fail',
      `${TYPES} (export $r "r" (type $res))
      (core module $m (memory (export "m") 1) (func (export "f") (result i32) i32.const 0)) (core instance $i (instantiate $m))
      (func $f (result (result (own $r))) (canon lift (core func $i "f") (memory (core memory $i "m")))) (export "[constructor]r" (func $f))`,
    ],
    [
      'an instance given to a component that wants less of it',
      `
      (component $c (import "i" (instance (export "a" (type (sub resource))))))
      (import "i" (instance $i (export "b" (func)) (export "a" (type (sub resource)))))
      (instance (instantiate $c (with "i" (instance $i))))`,
    ],
    [
      'a component given to one that gives it more',
      `
      (component $c (import "c" (component (import "more" (func)))))
      (component $given) (instance (instantiate $c (with "c" (component $given))))`,
    ],
    [
      'a resource passed through a component',
      `
      (import "r" (type $r (sub resource)))
      (component $pass (import "r" (type $p (sub resource))) (export "r" (type $p)))
      (instance $i (instantiate $pass (with "r" (type $r))))
      (alias export $i "r" (type $same))
      (component $both (import "a" (type $a (sub resource))) (import "b" (type (eq $a))))
      (instance (instantiate $both (with "a" (type $r)) (with "b" (type $same))))`,
    ],
    [
      'a module given to a component',
      `
      (component $c (import "m" (core module (import "a" "f" (func)) (export "g" (func (param i32))))))
      (core module $m (func (export "g") (param i32)) (memory (export "more") 1))
      (instance (instantiate $c (with "m" (core module $m))))`,
    ],
    [
      'a memory given where less of one is wanted',
      `
      (core module $m (memory (export "m") 2 3)) (core instance $i (instantiate $m))
      (core module $n (import "" "m" (memory 1 4))) (core instance (instantiate $n (with "" (instance $i))))`,
    ],
  ])('%s', async (_what, wat) => expect(await verdictOf(wat)).toBe('valid'));
});

describe('not valid are', () => {
  test.each([
    [
      'a type without a name in an exported function',
      `${TYPES} (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
      (func $f (param "a" $rec) (canon lift (core func $i "f"))) (export "f" (func $f))`,
      /refers to an unnamed type: func\(a: record \{ a: u8 \}\)/,
    ],
    [
      'an export that refers to a resource that is not exported',
      `${TYPES} (core module $m (func (export "f") (param i32))) (core instance $i (instantiate $m))
      (func $f (param "a" (own $res)) (canon lift (core func $i "f"))) (instance $x (export "f" (func $f))) (export "x" (instance $x))`,
      /unnamed type/,
    ],
    ['a borrow in a result', `${TYPES} (type (func (result (borrow $res))))`, /a function must not return a borrow/],
    [
      'a borrow deep in a result',
      `${TYPES} (type $l (list (borrow $res))) (type (func (result (option $l))))`,
      /a function must not return a borrow/,
    ],
    ['two parameters of a name', '(type (func (param "a" u8) (param "A" u8)))', /duplicate parameter "A"/],
    ['a name twice', '(import "a" (func)) (import "a" (func))', /the import "a" conflicts with "a"/],
    ['a method before its resource', '(import "[method]r.f" (func))', /a method's first parameter must be `self`/],
    ['a static method without its resource', '(import "[static]r.f" (func))', /unknown resource "r"/],
    ['a list of no elements', '(type (list u8 0))', /must not be empty/],
    ['a value of 256 MiB', '(type (list u8 268435456))', /268435456 bytes or more/],
    [
      'a core module with two imports of a name',
      '(core module (import "a" "b" (func)) (import "a" "b" (func)))',
      /duplicate import "a" "b"/,
    ],
    [
      'a core module that is given too little',
      '(core module $m (import "a" "b" (func))) (core instance (instantiate $m))',
      /the import "a" of a core module is missing/,
    ],
    [
      'a resource that another instance has',
      `
      (import "r" (type $r (sub resource))) (import "s" (type $s (sub resource)))
      (component $both (import "a" (type $a (sub resource))) (import "b" (type (eq $a))))
      (instance (instantiate $both (with "a" (type $r)) (with "b" (type $s))))`,
      /"b": expected resource a, found resource s/,
    ],
    [
      'an instance of a component that has resources twice, mixed',
      `
      (component $c (type $r (resource (rep i32))) (export "r" (type $r)))
      (instance $one (instantiate $c)) (instance $two (instantiate $c))
      (component $both (import "a" (type $a (sub resource))) (import "b" (type (eq $a))))
      (instance (instantiate $both (with "a" (type $one "r")) (with "b" (type $two "r"))))`,
      /"b": expected resource a, found resource r/,
    ],
    [
      'two imports of an instance type, mixed',
      `
      (type $t (instance (export "r" (type (sub resource)))))
      (import "one" (instance $one (type $t))) (import "two" (instance $two (type $t)))
      (component $both (import "a" (type $a (sub resource))) (import "b" (type (eq $a))))
      (instance (instantiate $both (with "a" (type $one "r")) (with "b" (type $two "r"))))`,
      /"b": expected resource a, found resource r/,
    ],
    [
      'a module that needs what it is not given',
      `
      (component $c (import "m" (core module (export "g" (func)))))
      (core module $m (import "a" "f" (func)) (func (export "g")))
      (instance (instantiate $c (with "m" (core module $m))))`,
      /its import "a" "f" is missing/,
    ],
    [
      'a table of another type',
      `
      (core module $m (table (export "t") 1 externref)) (core instance $i (instantiate $m))
      (core module $n (import "" "t" (table 1 funcref))) (core instance (instantiate $n (with "" (instance $i))))`,
      /expected table of funcref of 1 or more, found table of externref/,
    ],
    [
      'a global that is mutable or not',
      `
      (core module $m (global (export "g") i32 (i32.const 0))) (core instance $i (instantiate $m))
      (core module $n (import "" "g" (global (mut i32)))) (core instance (instantiate $n (with "" (instance $i))))`,
      /expected global mut i32, found global i32/,
    ],
    [
      'a function of another type that looks alike',
      `
      (core module $m (rec (type $a (func)) (type $b (func (param i32)))) (func (export "f") (type $a))) (core instance $i (instantiate $m))
      (core module $n (import "" "f" (func))) (core instance (instantiate $n (with "" (instance $i))))`,
      /expected func \(\) -> \(\), found func \(\) -> \(\)/,
    ],
    [
      'a post-return function of another type',
      `
      (core module $m (func (export "f")) (func (export "p") (param i32))) (core instance $i (instantiate $m))
      (func (canon lift (core func $i "f") (post-return (core func $i "p"))))`,
      /a post-return function must take the core function's results/,
    ],
  ])('%s', async (_what, wat, says) => {
    const said = await verdictOf(wat);
    expect(said).toMatch(/^bad-component: guest\.wasm is invalid: at byte 0x|^bad-component: core module: /);
    expect(said).toMatch(says);
  });

  test('an alias of a type of a sibling, reported with its offset', async () => {
    const bytes = await parse(
      '(component (component (type (func))) (component (alias outer 1 0 (type)) (type (func))))',
    ).catch(() => undefined);
    const said = verdict(bytes ?? Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, 6, 5, 1, 3, 2, 0, 0));
    expect(said).toMatch(/^bad-component: guest\.wasm is invalid: at byte 0x[0-9a-f]+: unknown type 0 at this point/);
  });
});

test.each([
  ['an import', component([7, [1, 0x40, 0, 1, 0]], [10, [1, 0, 5, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 1, 0]])],
  ['a label', component([7, [1, 0x6e, 1, 5, 0x1b, 0x5b, 0x33, 0x31, 0x6d]])],
])('the name of %s cannot move the cursor of a terminal that shows why it is refused', (_what, bytes) => {
  expect(verdict(bytes)).toContain(String.raw`"\x1b[31m"`);
});

test.each([
  ['in one byte more than it needs', [0xff, 0x7f]],
  ['in two', [0xff, 0xff, 0x7f]],
])('an index is not negative, %s', (_what, index) => {
  expect(verdict(component([7, [1, 0x6b, ...index]]))).toMatch(/^bad-component: .*negative index/);
});

/** An unsigned LEB128 number. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

function component(...sections: readonly (readonly [id: number, contents: readonly number[]])[]): Uint8Array {
  const bytes = sections.flatMap(([id, contents]) => [id, ...leb(contents.length), ...contents]);
  return Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, ...bytes]);
}

function types(count: number, type: (index: number) => readonly number[]): Uint8Array {
  const contents = [...leb(count)];
  for (let index = 0; index < count; index += 1) contents.push(...type(index));
  return component([7, contents]);
}

/** The index of the type before, as types of others are referred to: signed, so that 64 takes two bytes. */
const PREVIOUS = (index: number): number[] => {
  const bytes = leb(Math.max(0, index - 1));
  const last = bytes.at(-1) ?? 0;
  return (last & 0x40) === 0 ? bytes : [...bytes.slice(0, -1), last | 0x80, 0];
};

describe('what is made to keep a validator busy is refused', () => {
  test.each([
    [
      'types that refer to others twice at each level',
      types(60, (i) => (i === 0 ? [0x7d] : [0x6f, 2, ...PREVIOUS(i), ...PREVIOUS(i)])),
      /a type with more than 1000000 parts/,
    ],
    [
      'types within each other',
      types(200, (i) => (i === 0 ? [0x7d] : [0x6b, ...PREVIOUS(i)])),
      /types nested more than 100 deep/,
    ],
    [
      'instance types within each other',
      types(100_000, (i) => (i === 0 ? [0x42, 0] : [0x42, 2, 2, 3, 2, 1, ...PREVIOUS(i), 4, 0, 1, 0x61, 5, 0])),
      /types nested more than 100 deep/,
    ],
    [
      'instance types that have others twice at each level',
      types(90, (i) =>
        i === 0
          ? [0x42, 1, 4, 0, 1, 0x61, 3, 1]
          : [0x42, 3, 2, 3, 2, 1, ...PREVIOUS(i), 4, 0, 1, 0x61, 5, 0, 4, 0, 1, 0x62, 5, 0],
      ),
      /takes too many steps/,
    ],
  ])('%s', (_what, bytes, says) => {
    expect(verdict(bytes)).toMatch(says);
  });

  test('a large type that is lifted over and over', async () => {
    let wat = '(type $t0 u8)';
    for (let level = 1; level < 19; level += 1) wat += `(type $t${level} (tuple $t${level - 1} $t${level - 1}))`;
    wat +=
      '(type $f (func (param "a" $t18))) (import "f" (func $f (type $f))) (core module $m (memory (export "m") 1)) (core instance $i (instantiate $m))';
    wat += '(core func (canon lower (func $f) (memory (core memory $i "m"))))'.repeat(1000);
    expect(await verdictOf(wat)).toMatch(/^not-supported: .*takes too many steps/);
  });

  test('more core modules than V8 compiles in two seconds', async () => {
    expect(await verdictOf(times(1000, () => '(core module)'))).toMatch(/^not-supported: .*takes too many steps/);
    expect(await verdictOf(times(900, () => '(core module)'))).toBe('valid');
  });

  // 7 MB of what is kept while a component is loaded took more than 400 MB of V8's heap.
  test.each([
    ['globals', times(260_000, () => '(global i32 (i32.const 0))')],
    ['types', times(260_000, () => '(type (func (param i64 i32)))')],
    ['types in one recursion group', `(rec ${times(260_000, () => '(type (struct (field i32)))')})`],
    ['exports', `(func) ${times(260_000, (index) => `(export "${index}" (func 0))`)}`],
    ['imports', times(260_000, (index) => `(import "m" "${index}" (func))`)],
  ])('a core module of many %s', async (_what, fields) => {
    expect(await verdictOf(`(core module ${fields})`)).toMatch(/^not-supported: .*takes too many steps/);
  });

  test('any bytes: a component is valid, refused or not supported, never anything else', () => {
    const small = readSmall('hello');
    fc.assert(
      fc.property(mutations(small), (bytes) => {
        expect(verdict(bytes)).toMatch(/^(?:valid|bad-component|not-supported)/);
      }),
      { numRuns: 2000 },
    );
  });
});
