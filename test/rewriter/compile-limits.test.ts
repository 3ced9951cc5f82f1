import { print } from '@bytecodealliance/jco-transpile/wasm-tools';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader } from '../../src/wasm/byte-reader.ts';
import { CompileCost, type FunctionShape } from '../../src/rewriter/analyse/compile-cost.ts';
import { boundCompiling } from '../../src/rewriter/analyse/compile-bounds.ts';
import { contentOf, decodeCoreModule } from '../../src/rewriter/core-module.ts';
import { rewriteModule } from '../../src/rewriter/rewrite.ts';
import { SECTION } from '../../src/wasm/sections.ts';
import { readValueType } from '../../src/wasm/types.ts';
import { HostError } from '../../src/util/host-error.ts';
import { FEATURES } from './features.ts';
import { assemble, coreModules, isValid } from './tracked.ts';

const NO_BOUNDS = { maxFunctionCompileMs: 1e9, maxFunctionCompileBytes: 1e15, maxCodeBytes: 1e15 };

/** A statement, and what is known of its shape: how much higher the stack gets than at its start. */
interface Part {
  readonly wat: string;
  readonly high: number;
  readonly blocks: number;
  readonly branches: number;
  readonly calls: number;
}

const LEAVES: readonly Part[] = [
  { wat: '(nop)', high: 0, blocks: 0, branches: 0, calls: 0 },
  { wat: '(local.set $x (i32.const 1))', high: 1, blocks: 0, branches: 0, calls: 0 },
  { wat: '(drop (i32.add (local.get $x) (i32.load (local.get $x))))', high: 2, blocks: 0, branches: 0, calls: 0 },
  { wat: '(i32.store (local.get $x) (i32.const 1000000))', high: 2, blocks: 0, branches: 0, calls: 0 },
  { wat: '(br_if 0 (local.get $x))', high: 1, blocks: 0, branches: 1, calls: 0 },
  { wat: '(if (local.get $x) (then (br_table 0 0 0 (local.get $x))))', high: 1, blocks: 1, branches: 3, calls: 0 },
  { wat: '(call $three (i32.const 1) (i32.const 2) (i32.const 3))', high: 3, blocks: 0, branches: 0, calls: 1 },
  { wat: '(call_indirect (param i32) (local.get $x) (i32.const 0))', high: 2, blocks: 0, branches: 0, calls: 1 },
  { wat: '(drop (select (local.get $x) (local.get $x) (local.get $x)))', high: 3, blocks: 0, branches: 0, calls: 0 },
];

/** Around others, which begin `below` operands higher. */
const AROUND: readonly { readonly wrap: (inner: string) => string; readonly below: number; readonly blocks: number }[] =
  [
    { wrap: (inner) => `(block ${inner})`, below: 0, blocks: 1 },
    { wrap: (inner) => `(loop ${inner})`, below: 0, blocks: 1 },
    { wrap: (inner) => `(if (local.get $x) (then ${inner}) (else ${inner}))`, below: 0, blocks: 1 },
    {
      wrap: (inner) => `(i32.const 1) (i32.const 2) ${inner.includes('br') ? '' : inner} (drop) (drop)`,
      below: 2,
      blocks: 0,
    },
  ];

const { statements } = fc.letrec<{ statements: readonly Part[]; statement: Part }>((tie) => ({
  statement: fc.oneof(
    { maxDepth: 4 },
    { weight: 3, arbitrary: fc.constantFrom(...LEAVES) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(tie('statements'), fc.constantFrom(...AROUND))
        .map(([inner, around]) => surround(inner, around)),
    },
  ),
  statements: fc.array(tie('statement'), { maxLength: 5 }),
}));

function surround(inner: readonly Part[], { wrap, below, blocks }: (typeof AROUND)[number]): Part {
  const { wat, high, ...counts } = join(inner);
  const text = wrap(wat);
  const copies = text.includes('(else') && blocks === 1 && text.startsWith('(if') ? 2 : 1;
  const isLeftOut = below === 2 && wat.includes('br');
  const times = isLeftOut ? 0 : copies;
  return {
    wat: text,
    high: Math.max(below === 2 ? 2 : copies === 2 ? 1 : 0, isLeftOut ? 0 : below + high),
    blocks: counts.blocks * times + blocks,
    branches: counts.branches * times,
    calls: counts.calls * times,
  };
}

function join(parts: readonly Part[]): Part {
  const sum = (key: 'blocks' | 'branches' | 'calls'): number => parts.reduce((total, part) => total + part[key], 0);
  return {
    wat: parts.map(({ wat }) => wat).join('\n'),
    high: Math.max(0, ...parts.map(({ high }) => high)),
    blocks: sum('blocks'),
    branches: sum('branches'),
    calls: sum('calls'),
  };
}

/** With a type of so many values that all bodies are inspected. */
function toModule(wat: string, locals = 1): Promise<Uint8Array> {
  const others = Array.from({ length: locals - 1 }, () => 'i32').join(' ');
  const params = Array.from({ length: 40 }, () => 'i32').join(' ');
  return assemble(`(module (type (func (param ${params}))) (memory 1) (table 1 funcref)
    (func $run (local $x i32) (local ${others}) ${wat}) (func $three (param i32 i32 i32)))`);
}

/** The shape of the first function. */
function shapeOf(bytes: Uint8Array): FunctionShape {
  const module = decodeCoreModule(bytes);
  const reader = contentOf(bytes, module.sections, SECTION.code) as ByteReader;
  reader.u32();
  const byteLength = reader.u32();
  const body = new ByteReader(bytes, reader.at, reader.at + byteLength);
  let locals = 0;
  for (let groups = body.count(); groups > 0; groups--) {
    locals += body.u32();
    readValueType(body);
  }
  return new CompileCost(module).shapeOf(body.at, body.end, { locals, results: 0 });
}

test('a function has as many locals, operands, blocks, branches and calls as it was written with', async () => {
  const property = fc.asyncProperty(statements, fc.integer({ min: 1, max: 60 }), async (parts, locals) => {
    const { wat, high, ...counts } = join(parts);
    const bytes = await toModule(wat, locals);
    expect(isValid(bytes)).toBe(true);
    expect(shapeOf(bytes)).toMatchObject({ ...counts, operands: high, locals });
  });
  await fc.assert(property, { numRuns: 300 });
});

test('more of anything takes no less', async () => {
  const property = fc.asyncProperty(
    statements,
    statements,
    fc.integer({ min: 1, max: 60 }),
    async (some, more, locals) => {
      const few = shapeOf(await toModule(join(some).wat, locals));
      for (const many of [
        await toModule(join([...some, ...more]).wat, locals),
        await toModule(join(some).wat, locals + 9),
      ]) {
        const { ns, bytes, code } = shapeOf(many);
        expect(ns).toBeGreaterThanOrEqual(few.ns);
        expect(bytes).toBeGreaterThanOrEqual(few.bytes);
        expect(code).toBeGreaterThanOrEqual(few.code);
      }
    },
  );
  await fc.assert(property, { numRuns: 200 });
});

test('a function that takes just what is allowed is permitted, and one that takes more is not', async () => {
  const property = fc.asyncProperty(statements, async (parts) => {
    const bytes = await toModule(join([LEAVES[6] as Part, ...parts]).wat);
    const module = decodeCoreModule(bytes);
    const shape = shapeOf(bytes);
    const bounds = {
      ...NO_BOUNDS,
      maxFunctionCompileMs: (shape.ns + 1) / 1e6,
      maxFunctionCompileBytes: shape.bytes,
    };
    expect(() => boundCompiling([module], bounds)).not.toThrow();
    const [lessMs, lessBytes] = [
      { maxFunctionCompileMs: (shape.ns - 1) / 1e6 },
      { maxFunctionCompileBytes: shape.bytes - 1 },
    ];
    for (const less of [lessMs, lessBytes]) {
      expect(() => boundCompiling([module], { ...bounds, ...less })).toThrow(
        expect.objectContaining({ code: 'bad-component', message: expect.stringContaining('function 0 ("run")') }),
      );
    }
  });
  await fc.assert(property, { numRuns: 200 });
});

describe.each(await coreModules())('%s', (_name, bytes) => {
  test('takes a fifth of what is allowed by default, at most', () => {
    const bounds = { maxFunctionCompileMs: 20, maxFunctionCompileBytes: 110_000_000, maxCodeBytes: 200_000_000 };
    expect(() => boundCompiling([decodeCoreModule(bytes)], bounds)).not.toThrow();
  });
});

test('damaged bodies are passed, or refused with an error', async () => {
  const sources = await Promise.all(FEATURES.map(([, wat]) => assemble(wat)));
  const mutated = fc
    .tuple(fc.constantFrom(...sources), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }))
    .map(([source, changes]) => {
      const bytes = source.slice();
      for (const [at, value] of changes) bytes[8 + (at % (bytes.length - 8))] = value;
      return bytes;
    });
  const property = fc.property(mutated, (bytes) => {
    try {
      boundCompiling([decodeCoreModule(bytes)], NO_BOUNDS);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
    }
  });
  fc.assert(property, { numRuns: 3000 });
});

test('modules refused by a rough inspection get a close one, which decides', async () => {
  const bytes = await toModule(join([LEAVES[2] as Part]).wat);
  const small = decodeCoreModule(
    await assemble(
      `(module (func ${'(drop (i32.const 1))'.repeat(100)}) (func ${'(drop (i32.const 1))'.repeat(100)}))`,
    ),
  );
  const [rough] = boundCompiling([small], NO_BOUNDS);
  const [close] = boundCompiling([small], { ...NO_BOUNDS, maxCodeBytes: (rough?.codeBytes ?? 0) - 1 });
  expect(close?.codeBytes).toBeLessThan((rough?.codeBytes ?? 0) / 2);
  const both = 2 * (close?.codeBytes ?? 0) + shapeOf(bytes).code + 1000;
  expect(
    boundCompiling([small, undefined, small, decodeCoreModule(bytes)], { ...NO_BOUNDS, maxCodeBytes: both }),
  ).toHaveLength(4);
  expect(() => boundCompiling([small, small], { ...NO_BOUNDS, maxCodeBytes: 2 * (close?.codeBytes ?? 0) - 1 })).toThrow(
    /V8 could generate \d+ bytes of code/,
  );
});

/** A few instructions that do not look expensive, in a function that nothing calls. */
const blocksWith = (locals: number): string => `(func (local ${'i32 '.repeat(locals)}) ${'(block)'.repeat(20)})`;

test('a function that is costly to compile begins with a check, and no other', async () => {
  const bytes = await assemble(`(module ${blocksWith(20_000)} ${blocksWith(1)})`);
  const times = boundCompiling([decodeCoreModule(bytes)], NO_BOUNDS)[0];
  expect([...(times?.costly ?? [])]).toEqual([1, 0]);
  const options = { maxMemoryPages: 10, maxTableElements: 10, memory: 'given', preemption: 'on' } as const;
  const [without, withChecks] = [rewriteModule(bytes, options), rewriteModule(bytes, options, times)];
  expect(withChecks.bytes.length).toBeGreaterThan(without.bytes.length);
  expect(isValid(withChecks.bytes)).toBe(true);
});

const CALL = '(call $f (i32.const 0))';

test('a row of calls has checks in it before V8 has compiled for long, however little each function does', async () => {
  const many = 'i32 '.repeat(16);
  // It returns immediately, but is compiled, which takes half a millisecond.
  const returns = `(func $f (param $go i32)
    (br_if 0 (i32.eqz (local.get $go))) ${'(local.get $go)'.repeat(16)} ${'(call $much)'.repeat(40)} (br 0))`;
  const bytes = await assemble(`(module (func $one ${CALL}) (func $hundreds ${CALL.repeat(400)}) ${returns}
    (func $much (export "much") (param ${many}) (result ${many}) (unreachable)))`);
  const times = boundCompiling([decodeCoreModule(bytes)], NO_BOUNDS)[0];
  const options = { maxMemoryPages: 10, maxTableElements: 10, memory: 'given', preemption: 'on' } as const;
  const text = await print(rewriteModule(bytes, options, times).bytes);
  const checksIn = (name: string): number =>
    (text.split(`(func $${name} `)[1] ?? '').split('\n  )')[0]?.match(/branch_hint/g)?.length ?? 0;
  expect(checksIn('one')).toBe(0);
  expect(checksIn('hundreds')).toBeGreaterThan(5);
});
