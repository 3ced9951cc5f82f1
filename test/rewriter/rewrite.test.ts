import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CODE_COUNT, FORGETS, IMMEDIATE, IMMEDIATES, POPS, PREFIX_BASE, PUSHES } from '../../src/wasm/opcodes.ts';
import { type RewriteOptions, rewriteModule } from '../../src/rewriter/rewrite.ts';
import { HostError } from '../../src/util/host-error.ts';
import { FEATURES } from './features.ts';
import { program } from './programs.ts';
import { Checked, assemble, coreModules, isValid, outcome, PAGE_BYTES, Slice, Tracked } from './tracked.ts';

const OPTIONS = { maxMemoryPages: 8192, maxTableElements: 10_000, memory: 'tracked' } as const;
const MODES: readonly RewriteOptions[] = [
  OPTIONS,
  { ...OPTIONS, preemption: 'on' },
  { ...OPTIONS, memory: 'given', preemption: 'on' },
  { ...OPTIONS, memory: 'plain' },
];

/** With two memories, and what grows them. */
const GROWING = `(module (memory $m 1) (memory $other 1)
  (func (export "size") (result i32) (memory.size $m)) (func (export "size-other") (result i32) (memory.size $other))
  (func (export "grow") (param i32) (result i32) (memory.grow $m (local.get 0)))
  (func (export "grow-other") (param i32) (result i32) (memory.grow $other (local.get 0))))`;

describe.each(await coreModules())('%s', (_name, bytes) => {
  test.each(MODES)('is valid when rewritten (%o)', (options) => {
    expect(isValid(rewriteModule(bytes, options).bytes)).toBe(true);
  });

  test('grows by a sixth at most', () => {
    const { bytes: rewritten, dataSegments } = rewriteModule(bytes, { ...OPTIONS, preemption: 'on' });
    const dataBytes = dataSegments.reduce((sum, segment) => sum + segment.bytes.length, 0);
    expect(rewritten.length + dataBytes).toBeLessThan(bytes.length * 1.17 + 2000);
  });
});

describe.each(FEATURES)('%s', (_name, wat) => {
  test.each(MODES)('is valid when rewritten (%o)', async (options) => {
    const bytes = await assemble(wat);
    expect(isValid(bytes), 'before').toBe(true);
    expect(isValid(rewriteModule(bytes, options).bytes), 'after').toBe(true);
  });
});

describe('the tables of opcodes', () => {
  const codes = Array.from({ length: CODE_COUNT }, (_, code) => code).filter(isOfInterest);

  test('agree with V8 on how many operands an instruction takes and gives', () => {
    const plain = codes.filter((code) => IMMEDIATES[code] === IMMEDIATE.none && POPS[code] !== FORGETS);
    const wrong = plain.filter(
      (code) => !takesReferences(code) && !hasSignature(code, POPS[code] ?? 0, PUSHES[code] ?? 0),
    );
    expect(plain.length).toBeGreaterThan(350);
    expect(wrong.map(toHex)).toEqual([]);
  });

  test('leave out only what V8 does not take either', { timeout: 120_000 }, () => {
    const shapes = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
      [2, 1],
      [4, 2],
    ] as const;
    const unknown = codes.filter((code) => IMMEDIATES[code] === IMMEDIATE.unknown);
    const taken = unknown.filter((code) => shapes.some(([pops, pushes]) => hasSignature(code, pops, pushes)));
    expect(taken.map(toHex)).toEqual([]);
  });
});

describe('a tracked module', () => {
  test(
    'computes what the original computes, and what it marks is enough to set it back',
    { timeout: 300_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(program, async ({ wat, args }) => {
          const bytes = await assemble(wat);
          const original = new WebAssembly.Instance(
            new WebAssembly.Module(rewriteModule(bytes, { ...OPTIONS, memory: 'plain' }).bytes as BufferSource),
          ).exports;
          const expected = outcome(() => (original['run'] as (...args: number[]) => unknown)(...args));
          const memory = new Uint8Array((original['wasi-serve:memory:0'] as WebAssembly.Memory).buffer);
          const tracked = new Tracked(bytes);
          const isTrap = typeof expected === 'string';
          for (const [word, round] of (['first', 'second'] as const).entries()) {
            if (round === 'second' && isTrap) break;
            tracked.interrupter.set(word === 1 ? 1 : 0);
            expect(
              outcome(() => tracked.func('run')(...args)),
              round,
            ).toEqual(expected);
            expect(tracked.slice.pages).toBe(memory.length / PAGE_BYTES);
            expect(Buffer.compare(tracked.reported, memory)).toBe(0);
            expect(tracked.slice.isContained(tracked.realPages)).toBe(true);
            tracked.restore();
            for (const { exportName, index } of tracked.rewritten.globals)
              (tracked.exports[exportName] as WebAssembly.Global).value = index === 1 ? 400 : 0;
            expect(tracked.isPristine, 'pristine').toBe(true);
          }
        }),
        { numRuns: Number(process.env['FC_RUNS'] ?? 300) },
      );
    },
  );
});

test('a module with checks alone computes what the original computes', async () => {
  await fc.assert(
    fc.asyncProperty(program, async ({ wat, args }) => {
      const bytes = await assemble(wat);
      const rewritten = rewriteModule(bytes, { ...OPTIONS, memory: 'plain' });
      const original = new WebAssembly.Instance(new WebAssembly.Module(rewritten.bytes as BufferSource)).exports;
      const checked = new Checked(bytes);
      checked.interrupter.set(1);
      const expected = outcome(() => (original['run'] as (...args: number[]) => unknown)(...args));
      expect(outcome(() => checked.func('run')(...args))).toEqual(expected);
      expect(Buffer.compare(memoryOf(checked.exports), memoryOf(original))).toBe(0);
    }),
    { numRuns: Number(process.env['FC_RUNS'] ?? 100) },
  );
});

function memoryOf(exports: WebAssembly.Exports): Uint8Array {
  return new Uint8Array((exports['wasi-serve:memory:0'] as WebAssembly.Memory).buffer);
}

describe('a tracked module', () => {
  test('gives its active data to the host and keeps the indices of segments', async () => {
    const wat = `(module (memory 1) (data (i32.const 7) "active") (data $d "passive") (data (i32.const 9) "over")
      (func (export "run") (memory.init $d (i32.const 100) (i32.const 0) (i32.const 7)))
      (func (export "again") (memory.init 0 (i32.const 100) (i32.const 0) (i32.const 1))))`;
    const tracked = new Tracked(await assemble(wat));
    const text = new TextDecoder();
    expect(tracked.rewritten.dataSegments.map(({ offset, bytes }) => [offset, text.decode(bytes)])).toEqual([
      [7, 'active'],
      [9, 'over'],
    ]);
    expect(text.decode(tracked.bytes.subarray(7, 13))).toBe('acover');
    tracked.func('run')();
    expect(text.decode(tracked.bytes.subarray(100, 107))).toBe('passive');
    expect(outcome(() => tracked.func('again')())).toMatch('memory access out of bounds');
    expect(tracked.restore()).toEqual([0]);
    expect(tracked.isPristine).toBe(true);
  });

  test('keeps all its data if an offset is not constant, and reports that', async () => {
    const wat = '(module (import "a" "g" (global i32)) (memory 1) (data (i32.const 7) "x") (data (global.get 0) "y"))';
    const rewritten = rewriteModule(await assemble(wat), OPTIONS);
    expect(rewritten).toMatchObject({ dataSegments: [], activeSegmentCount: 2 });
  });

  test('exports its start function instead of running it', async () => {
    const wat = '(module (memory 1) (start 0) (func (i32.store (i32.const 8200) (i32.const 5))))';
    const { rewritten, bytes } = new Tracked(await assemble(wat));
    expect(rewritten).toMatchObject({ hasStart: true, startExport: 'wasi-serve:start', writesMemory: true });
    expect(bytes[8200]).toBe(5);
  });

  test('exposes its globals, vectors with functions', async () => {
    const wat = `(module (memory 1) (global (mut i64) (i64.const 3)) (global i32 (i32.const 1)) (global (mut v128) (v128.const i64x2 5 6))
      (global (mut exnref) (ref.null exn)) (table 1 funcref) (table 2 exnref))`;
    const tracked = new Tracked(await assemble(wat));
    const { rewritten, exports } = tracked;
    expect(rewritten.globals.map(({ index, type, access }) => [index, type, access])).toEqual([
      [0, 'i64', 'value'],
      [2, 'v128', 'functions'],
      [3, 'exnref', 'none'],
    ]);
    expect(rewritten.tables.map(({ access }) => access)).toEqual(['value', 'none']);
    expect((exports['wasi-serve:global:0'] as WebAssembly.Global).value).toBe(3n);
    expect(tracked.func('wasi-serve:global:2:get')()).toEqual([5n, 6n]);
    tracked.func('wasi-serve:global:2:set')(-1n, 8n);
    expect(tracked.func('wasi-serve:global:2:get')()).toEqual([-1n, 8n]);
  });

  test('shares cards and size with a module that imports its memory', async () => {
    const slice = new Slice();
    const owner = new Tracked(
      await assemble('(module (memory (export "m") 1 4) (func (export "size") (result i32) (memory.size)))'),
      {},
      slice,
    );
    const wat = `(module (import "a" "m" (memory 1)) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "store") (param i32) (i64.store16 offset=4 (local.get 0) (i64.const 9))))`;
    const adapter = new Tracked(await assemble(wat), { a: { m: owner.memory } }, slice);
    adapter.func('store')(4095);
    expect(slice.marksOf(1)).toEqual([1]);
    expect(adapter.func('grow')(2)).toBe(1);
    expect(owner.func('size')()).toBe(3);
    expect(adapter.func('grow')(2)).toBe(-1);
    owner.restore();
    expect(owner.isPristine).toBe(true);
    expect([owner.func('size')(), owner.realPages]).toEqual([1, 3]);
    expect(adapter.func('grow')(3)).toBe(1);
  });

  test('bounds a memory that has no maximum', async () => {
    const bytes = await assemble(
      '(module (memory 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))',
    );
    const tracked = new Tracked(bytes);
    expect([511, 512, -1].map((pages) => tracked.func('grow')(pages))).toEqual([1, -1, -1]);
    expect(rewriteModule(bytes, { ...OPTIONS, maxMemoryPages: 70_000 }).memories[0]?.limits.maximum).toBe(65_535);
  });

  test('asks before V8 is asked for pages, and not for those that are there already', async () => {
    const tracked = new Tracked(await assemble(GROWING));
    const { landlord } = tracked;
    const [grow, size] = [tracked.func('grow'), tracked.func('size')];
    expect([grow(0), grow(3), grow(2), size()]).toEqual([1, 1, 4, 6]);
    expect(landlord.asked).toEqual([3, 2]);
    tracked.restore();
    expect([grow(4), grow(2), size()]).toEqual([1, 5, 7]);
    expect(landlord.asked).toEqual([3, 2, 1]);
    landlord.mayTake = false;
    expect([grow(1), grow(0), size(), tracked.realPages]).toEqual([-1, 7, 7, 7]);
    expect([grow(511), grow(-1)]).toEqual([-1, -1]);
    expect(landlord.asked).toEqual([3, 2, 1, 1]);
  });

  test.each(['grow', 'grow-other'])(
    'asks before a memory grows that is not tracked, and after it with 0 (%s)',
    async (name) => {
      const checked = new Checked(await assemble(GROWING));
      const grow = checked.func(name);
      expect([grow(3), grow(0), grow(510)]).toEqual([1, 4, -1]);
      checked.landlord.mayTake = false;
      expect([grow(1), checked.func(name.replace('grow', 'size'))()]).toEqual([-1, 4]);
      expect(checked.landlord.asked).toEqual([3, 0, 0, 0, 510, 0, 1]);
    },
  );

  test('asks before another memory of its own grows', async () => {
    const tracked = new Tracked(await assemble(GROWING));
    const { landlord } = tracked;
    const grow = tracked.func('grow-other');
    expect([grow(3), grow(510)]).toEqual([1, -1]);
    landlord.mayTake = false;
    expect(grow(1)).toBe(-1);
    expect(tracked.func('size-other')()).toBe(4);
    expect(landlord.asked).toEqual([3, 0, 510, 0, 1]);
  });

  test.each([
    ['(table 3 funcref)', 'func', 997],
    ['(table 3 5 funcref)', 'func', 2],
    ['(table 3 funcref (ref.null func))', 'func', 997],
    ['(table 3 4000 externref)', 'extern', 997],
  ])('bounds %s', async (table, type, room) => {
    const wat = `(module (memory 1) (table 1 1 funcref) ${table} (func (export "grow") (param i32) (result i32)
      (table.grow 1 (ref.null ${type}) (local.get 0))))`;
    const tracked = new Tracked(await assemble(wat));
    expect([tracked.func('grow')(room), tracked.func('grow')(1)]).toEqual([3, -1]);
  });

  test.each([
    ['(table 10001 funcref)', /a table of 10001 elements, the limit is 10000/],
    ['(memory 9000)', /a memory of 9000 pages, the limit is 8192/],
  ])('refuses %s, which no engine may run', async (wat, message) => {
    const bytes = await assemble(`(module ${wat})`);
    expect(() => rewriteModule(bytes, OPTIONS)).toThrow(
      expect.objectContaining({ code: 'bad-component', message: expect.stringMatching(message) }),
    );
  });

  test('shares functions between stores if there are very many offsets', async () => {
    const offsets = Array.from({ length: 4200 }, (_, index) => index * 3);
    const stores = offsets.map((at) => `(i32.store8 offset=${at} (call $id (local.get 0)) (i32.const 1))`).join('\n');
    const wat = `(module (memory 1) (func $id (param i32) (result i32) (local.get 0)) (func (export "run") (param i32) ${stores})
      (func (export "far") (i32.store8 offset=4294967295 (call $id (i32.const 1)) (i32.const 1))))`;
    const tracked = new Tracked(await assemble(wat));
    tracked.func('run')(100);
    expect(offsets.every((at) => tracked.bytes[100 + at] === 1)).toBe(true);
    expect(outcome(() => tracked.func('far')())).toMatch('memory access out of bounds');
    tracked.restore();
    expect(tracked.isPristine).toBe(true);
  });

  test('keeps the names of its functions and drops other custom sections', async () => {
    const source = await assemble(
      '(module (@custom "producers" "x") (memory 1) (func $called (i32.store (i32.const 0) (i32.const 1))))',
    );
    const module = new WebAssembly.Module(rewriteModule(source, OPTIONS).bytes as BufferSource);
    expect(WebAssembly.Module.customSections(module, 'producers')).toEqual([]);
    const [names] = WebAssembly.Module.customSections(module, 'name');
    expect(new TextDecoder().decode(names)).toContain('called');
  });

  test.each([
    ['one that is as long as a file', 1, `x${'é'.repeat(5_000_000)}`, `x${'é'.repeat(127)}`],
    ['many that are long', 1000, 'é'.repeat(5000), 'é'.repeat(128)],
    ['a million of them', 1_000_000, 'short', 'short'],
  ])('bounds what a backtrace takes of its names: %s', async (_name, count, name, kept) => {
    const plain = await assemble('(module (memory 1) (func (export "f") (unreachable)))');
    const { bytes } = rewriteModule(Buffer.concat([plain, encodeNames(name, count)]), OPTIONS);
    const [names] = WebAssembly.Module.customSections(new WebAssembly.Module(bytes as BufferSource), 'name');
    const expected = encodeNames(kept, Math.min(count, 50_000));
    // Without the id, the length, and the title.
    expect(Buffer.from(names as ArrayBuffer).equals(expected.subarray(expected.indexOf('name') + 4))).toBe(true);
  });

  test('has names of functions from one place only', async () => {
    const plain = await assemble('(module (memory 1) (func (export "f") (unreachable)))');
    const [first, second] = [encodeNames('first', 1), encodeNames('second', 1)];
    const both = Buffer.concat([first.subarray(2), second.subarray(2 + 'xname'.length)]);
    const source = Buffer.concat([plain, Buffer.from([0]), leb(both.length), both]);
    const module = new WebAssembly.Module(rewriteModule(source, OPTIONS).bytes as BufferSource);
    const [names] = WebAssembly.Module.customSections(module, 'name');
    expect(Buffer.from(names as ArrayBuffer).equals(first.subarray(first.indexOf('name') + 4))).toBe(true);
  });

  test('leaves out names that cannot be read', async () => {
    const plain = await assemble('(module (memory 1) (func (export "f") (unreachable)))');
    const cut = encodeNames('name', 10).subarray(0, -3);
    cut[1] = cut.length - 2;
    const module = new WebAssembly.Module(rewriteModule(Buffer.concat([plain, cut]), OPTIONS).bytes as BufferSource);
    expect(WebAssembly.Module.customSections(module, 'name')).toEqual([]);
  });
});

describe('what cannot be followed is refused, with its place', () => {
  test.each([
    ['a 64-bit memory', '(module (memory i64 1))', /memory64/],
    ['a 64-bit table', '(module (table i64 1 funcref))', /memory64/],
    ['an import of a 64-bit memory', '(module (import "a" "m" (memory i64 1)))', /memory64/],
    ['a reserved name', '(module (func (export "wasi-serve:start")))', /wasi-serve:start/],
    [
      'wide arithmetic',
      '(module (func (param i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 0))))',
      /0xfc 15/,
    ],
  ])('%s', async (_name, wat, text) => {
    const bytes = await assemble(wat);
    expect(() => rewriteModule(bytes, OPTIONS)).toThrow(
      expect.objectContaining({ code: 'not-supported', message: expect.stringMatching(text) }),
    );
    expect(() => rewriteModule(bytes, OPTIONS)).toThrow(/byte offset [1-9]/);
  });
});

describe('a damaged module', () => {
  test('is refused with an error, or rewritten in bounded time', async () => {
    const sources = await Promise.all(FEATURES.map(([, wat]) => assemble(wat)));
    const smallest = (await coreModules()).map(([, bytes]) => bytes).filter((bytes) => bytes.length < 20_000);
    const mutated = fc
      .tuple(
        fc.constantFrom(...sources, ...smallest),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(4),
      )
      .map(([source, changes, cut]) => {
        const bytes = source.slice(0, cut === 0 ? (changes[0]?.[0] ?? 0) : source.length);
        for (const [at, value] of changes) if (bytes.length > 8) bytes[8 + (at % (bytes.length - 8))] = value;
        return bytes;
      });
    fc.assert(
      fc.property(mutated, fc.constantFrom(...MODES), (bytes, options) => {
        const wasValid = isValid(bytes);
        try {
          const rewritten = rewriteModule(bytes, options);
          if (wasValid) expect(isValid(rewritten.bytes)).toBe(true);
        } catch (error) {
          if (!(error instanceof HostError)) throw error;
          expect(error.message).toMatch(/byte offset \d+/);
        }
      }),
      { numRuns: Number(process.env['FC_RUNS'] ?? 5000) },
    );
  });
});

/** Codes that no specification is near are not tried, nor are `else` and `end`, which no body takes alone. */
function isOfInterest(code: number): boolean {
  if (code < PREFIX_BASE.gc) return code < 0xfb && code !== 0x05 && code !== 0x0b;
  const ends = { gc: 0x28, misc: 0x20, simd: 0x120, atomic: 0x58 };
  return Object.entries(PREFIX_BASE).some(
    ([name, base]) => code >= base && code < base + ends[name as keyof typeof ends],
  );
}

/** `ref.is_null` and its like, whose operands have no type of their own. */
const takesReferences = (code: number): boolean =>
  [0xd1, 0xd3, 0xd4].includes(code) || (code >= PREFIX_BASE.gc && code < PREFIX_BASE.misc);

function opcodeBytes(code: number): number[] {
  if (code < 0x100) return [code];
  const prefix = 0xfa + Math.floor(code / 0x200);
  const rest = code % 0x200;
  return rest < 0x80 ? [prefix, rest] : [prefix, (rest & 0x7f) | 0x80, rest >> 7];
}

const toHex = (code: number): string =>
  opcodeBytes(code)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(' ');

const VALUE_TYPES = [0x7f, 0x7e, 0x7d, 0x7c, 0x7b];

/** Whether there are operand and result types, in these numbers, with which V8 accepts the instruction. */
function hasSignature(code: number, pops: number, pushes: number): boolean {
  // For wide arithmetic: all alike.
  if (pops === 4) return isValid(oneInstruction(code, [0x7e, 0x7e, 0x7e, 0x7e], [0x7e, 0x7e]));
  const count = VALUE_TYPES.length ** (pops + pushes);
  for (let choice = 0; choice < count; choice++) {
    const types = Array.from(
      { length: pops + pushes },
      (_, place) => VALUE_TYPES[Math.floor(choice / VALUE_TYPES.length ** place) % VALUE_TYPES.length] ?? 0,
    );
    if (isValid(oneInstruction(code, types.slice(0, pops), types.slice(pops)))) return true;
  }
  return false;
}

const section = (id: number, content: number[]): number[] => [id, content.length, ...content];

/** A module with one function that does one instruction on its params. */
function oneInstruction(code: number, params: number[], results: number[]): Uint8Array {
  const body = [0, ...params.flatMap((_, index) => [0x20, index]), ...opcodeBytes(code), 0x0b];
  const type = [1, 0x60, params.length, ...params, results.length, ...results];
  const memory = [1, 0, 1];
  const bodies = [1, body.length, ...body];
  return new Uint8Array([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, type),
    ...section(3, [1, 0]),
    ...section(5, memory),
    ...section(10, bodies),
  ]);
}

/** A section `name` in which this many functions, from the first on, have the same name. */
function encodeNames(name: string, count: number): Buffer {
  const text = Buffer.from(name);
  const entries = Array.from({ length: count }, (_, index) => [leb(index), leb(text.length), text]).flat();
  const functions = Buffer.concat([leb(count), ...entries]);
  const content = Buffer.concat([Buffer.from('\x04name\x01', 'latin1'), leb(functions.length), functions]);
  return Buffer.concat([Buffer.from([0]), leb(content.length), content]);
}

function leb(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
