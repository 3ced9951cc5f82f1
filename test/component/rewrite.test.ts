import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CODE_COUNT,
  FORGETS,
  IMMEDIATE,
  IMMEDIATES,
  POPS,
  PREFIX_BASE,
  PUSHES,
} from '../../src/component/rewrite/opcodes.ts';
import { rewriteModule } from '../../src/component/rewrite/rewrite.ts';
import { HostError } from '../../src/util/host-error.ts';
import { FEATURES } from './features.ts';
import { program } from './programs.ts';
import { assemble, coreModules, isValid, outcome, PAGE_BYTES, Tracked } from './tracked.ts';

const MODES = ['tracked', 'plain'] as const;
const OPTIONS = { maxMemoryPages: 8192, memory: 'tracked' } as const;

describe.each(await coreModules())('%s', (_name, bytes) => {
  test.each(MODES)('is valid when rewritten (%s)', (memory) => {
    expect(isValid(rewriteModule(bytes, { ...OPTIONS, memory }).bytes)).toBe(true);
  });

  test('grows by a sixth at most', () => {
    const { bytes: rewritten, dataSegments } = rewriteModule(bytes, OPTIONS);
    const dataBytes = dataSegments.reduce((sum, segment) => sum + segment.bytes.length, 0);
    expect(rewritten.length + dataBytes).toBeLessThan(bytes.length * 1.17 + 1500);
  });
});

describe.each(FEATURES)('%s', (_name, wat) => {
  test.each(MODES)('is valid when rewritten (%s)', async (memory) => {
    const bytes = await assemble(wat);
    expect(isValid(bytes), 'before').toBe(true);
    expect(isValid(rewriteModule(bytes, { ...OPTIONS, memory }).bytes), 'after').toBe(true);
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
          for (const round of ['first', 'second']) {
            if (round === 'second' && isTrap) break;
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
      fc.property(mutated, fc.constantFrom(...MODES), (bytes, memory) => {
        const wasValid = isValid(bytes);
        try {
          const rewritten = rewriteModule(bytes, { ...OPTIONS, memory });
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

/** Whether there are operand and result types, so many of each, with which V8 takes the instruction. */
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

/** A module with one function that does one instruction on its params. */
function oneInstruction(code: number, params: number[], results: number[]): Uint8Array {
  const body = [0, ...params.flatMap((_, index) => [0x20, index]), ...opcodeBytes(code), 0x0b];
  const type = [1, 0x60, params.length, ...params, results.length, ...results];
  const memory = [1, 0, 1];
  const section = (id: number, content: number[]) => [id, content.length, ...content];
  const code_ = [1, body.length, ...body];
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
    ...section(10, code_),
  ]);
}
