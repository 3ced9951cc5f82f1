import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewriteModule } from '../../src/rewriter/rewrite.ts';
import { JcoCore } from '../../src/linker/jco/jco-modules.ts';
import { DEFAULT_LIMITS } from '../../src/util/limits.ts';
import { Interrupter, assemble, outcome } from './tracked.ts';

const PIECE = 8192;
const SIZE = 3 * PIECE + 100;
const SEGMENT = 2 * PIECE + 50;
const FUNCTIONS = 7;

const functions = Array.from({ length: FUNCTIONS }, (_, index) => `(func $f${index} (export "f${index}"))`).join('\n');
const segment = Array.from({ length: SEGMENT }, (_, at) => `$f${(at * at) % FUNCTIONS}`).join(' ');
const PARAMS = '(param $to i32) (param $from i32) (param $length i32)';
const OPERANDS = '(local.get $to) (local.get $from) (local.get $length)';

/** By name: what writes much of a table at a time. */
const OPS = {
  init: `(table.init $one $segment ${OPERANDS})`,
  'init-other': `(table.init $other $segment ${OPERANDS})`,
  copy: `(table.copy $one $one ${OPERANDS})`,
  'copy-to-other': `(table.copy $other $one ${OPERANDS})`,
  'copy-from-other': `(table.copy $one $other ${OPERANDS})`,
  drop: '(elem.drop $segment)',
} as const;

const MODULE = await assemble(`(module ${functions}
  (table $one (export "one") ${SIZE} funcref) (table $other (export "other") ${SIZE / 2} funcref) (elem $segment func ${segment})
  ${Object.entries(OPS)
    .map(([name, body]) => `(func (export "${name}") ${PARAMS} ${body})`)
    .join('\n')})`);

const LIMITS = { maxMemoryPages: 512, maxTableElements: SIZE } as const;
const ORIGINAL = new WebAssembly.Module(MODULE as BufferSource);
const { bytes, ...rewritten } = rewriteModule(MODULE, { ...LIMITS, memory: 'given', preemption: 'on' });
const CHECKED = new WebAssembly.Module(bytes as BufferSource);

type Op = keyof typeof OPS;
type Step = { readonly op: Op; readonly to: number; readonly from: number; readonly length: number };

const nearby = (...places: readonly number[]): fc.Arbitrary<number> =>
  fc.tuple(fc.constantFrom(...places), fc.integer({ min: -3, max: 3 })).map(([place, by]) => Math.max(0, place + by));
const number = fc.oneof(
  fc.integer({ min: 0, max: SIZE }),
  nearby(0, 32, PIECE, 2 * PIECE, SEGMENT, SIZE / 2, SIZE - PIECE, SIZE, 2 ** 31, 2 ** 32 - PIECE, 2 ** 32 - 4),
);
const names = Object.keys(OPS) as Op[];
const step: fc.Arbitrary<Step> = fc.record({
  op: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...names.filter((op) => op !== 'drop')) },
    { weight: 1, arbitrary: fc.constant('drop' as const) },
  ),
  to: number,
  from: number,
  length: number,
});

describe('what writes many elements of a table', () => {
  test('writes what the instruction does, or traps as that does', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), fc.constantFrom(0, 1), (steps, word) => {
        const original = new WebAssembly.Instance(ORIGINAL).exports;
        const { exports, interrupter } = start();
        interrupter.set(word);
        for (const { op, to, from, length } of steps) {
          const expected = outcome(() => call(original, op)(to, from, length));
          expect(outcome(() => call(exports, op)(to, from, length))).toEqual(expected);
          expect(contentsOf(exports)).toEqual(contentsOf(original));
        }
      }),
      { numRuns: Number(process.env['FC_RUNS'] ?? 40) },
    );
  });

  test.each(names.filter((op) => op !== 'drop'))(
    'is asked after more than 32 elements, and after each piece (%s)',
    (op) => {
      const { exports, interrupter } = start();
      interrupter.set(1);
      for (const [length, pieces] of [
        [0, 0],
        [32, 0],
        [33, 1],
        [PIECE, 1],
        [PIECE + 1, 2],
        [SIZE / 2, 2],
      ] as const) {
        interrupter.calls = 0;
        call(exports, op)(0, 0, length);
        expect(interrupter.calls).toBe(1 + pieces);
      }
      interrupter.verdict = (asked) => (asked === 2 ? 1 : 0);
      interrupter.calls = 0;
      expect(outcome(() => call(exports, op)(0, 0, PIECE))).toBe('trap: unreachable');
    },
  );
});

type Exports = WebAssembly.Exports;

function start(): { readonly exports: Exports; readonly interrupter: Interrupter } {
  const interrupter = new Interrupter();
  const { word, interrupt } = interrupter;
  const core = new JcoCore(
    { word, interrupt, takePages: interrupt, takeElements: interrupt },
    { limits: DEFAULT_LIMITS },
    () => undefined,
  );
  return { exports: core.instantiate({ module: CHECKED, rewritten }, {}).exports, interrupter };
}

function call(exports: Exports, op: Op): (...args: number[]) => unknown {
  return exports[op] as (...args: number[]) => unknown;
}

/** Which function is in each element, by its number. */
function contentsOf(exports: Exports): string {
  const byFunction = new Map<unknown, number>(
    Array.from({ length: FUNCTIONS }, (_, index) => [exports[`f${index}`], index]),
  );
  return ['one', 'other']
    .map((name) => {
      const table = exports[name] as WebAssembly.Table;
      return Array.from({ length: table.length }, (_, at) => byFunction.get(table.get(at)) ?? '-').join('');
    })
    .join('/');
}
