import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewriteModule } from '../../src/rewriter/rewrite.ts';
import { assemble, outcome, PAGE_BYTES, Tracked } from './tracked.ts';

const PIECE_BYTES = 1024 * 1024;
const PAGES = 5 * (PIECE_BYTES / PAGE_BYTES);
const END = PAGES * PAGE_BYTES;
/** The length of the passive segment: more than two pieces. */
const SEGMENT_BYTES = 2 * PIECE_BYTES + 1000;

const PARAMS = '(param $to i32) (param $from i32) (param $length i32)';
const OPERANDS = '(local.get $to) (local.get $from) (local.get $length)';

/** Instructions that write much in one go, by name. Another memory is half as large. */
const OPS = {
  fill: `(memory.fill ${OPERANDS})`,
  copy: `(memory.copy ${OPERANDS})`,
  init: `(memory.init $letters ${OPERANDS})`,
  'fill-other': `(memory.fill $other ${OPERANDS})`,
  'copy-to-other': `(memory.copy $other $memory ${OPERANDS})`,
  'copy-from-other': `(memory.copy $memory $other ${OPERANDS})`,
  'init-other': `(memory.init $other $letters ${OPERANDS})`,
  drop: '(data.drop $letters)',
} as const;

const letters = Array.from({ length: SEGMENT_BYTES }, (_, at) => String.fromCharCode(97 + (at % 23))).join('');
const MODULE = await assemble(`(module
  (memory $memory ${PAGES} ${PAGES}) (memory $other (export "other") ${PAGES / 2} ${PAGES / 2})
  (data $letters "${letters}")
  ${Object.entries(OPS)
    .map(([name, body]) => `(func (export "${name}") ${PARAMS} ${body})`)
    .join('\n')})`);

/** Compiled once: each instance has a state of its own. */
const ORIGINAL = new WebAssembly.Module(
  rewriteModule(MODULE, { maxMemoryPages: 512, maxTableElements: 0, memory: 'plain' }).bytes as BufferSource,
);

type Step = { readonly op: keyof typeof OPS; readonly to: number; readonly from: number; readonly length: number };

const nearby = (...places: readonly number[]): fc.Arbitrary<number> =>
  fc.tuple(fc.constantFrom(...places), fc.integer({ min: -3, max: 3 })).map(([place, by]) => Math.max(0, place + by));

const address = fc.oneof(
  fc.integer({ min: 0, max: END }),
  nearby(0, PIECE_BYTES, 2 * PIECE_BYTES, END / 2, END - PIECE_BYTES, END, 2 ** 31, 2 ** 32 - PIECE_BYTES, 2 ** 32 - 4),
);
const length = fc.oneof(
  fc.integer({ min: 0, max: END }),
  nearby(0, PIECE_BYTES, 2 * PIECE_BYTES, SEGMENT_BYTES, END / 2, END, 2 ** 31, 2 ** 32 - PIECE_BYTES, 2 ** 32 - 4),
);
const step: fc.Arbitrary<Step> = fc.record({
  op: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...(Object.keys(OPS) as Step['op'][]).filter((op) => op !== 'drop')) },
    { weight: 1, arbitrary: fc.constant('drop' as const) },
  ),
  to: address,
  from: address,
  length,
});

/** What both memories hold. */
const contentsOf = (exports: Record<string, unknown>): Buffer[] =>
  ['wasi-serve:memory:0', 'other'].map((name) => Buffer.from((exports[name] as WebAssembly.Memory).buffer));

describe('what writes many bytes', () => {
  test.each([0, 1] as const)(
    'does in pieces what it did at once, or traps and writes nothing (the word is %i)',
    { timeout: 120_000 },
    (word) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
          const original = new WebAssembly.Instance(ORIGINAL).exports;
          const tracked = new Tracked(MODULE);
          tracked.interrupter.set(word);
          for (const bytes of [...contentsOf(original), ...contentsOf(tracked.exports)]) scribble(bytes);
          for (const { op, to, from, length: byteLength } of steps) {
            const call = original[op] as (...args: number[]) => unknown;
            const expected = outcome(() => call(to, from, byteLength));
            expect(outcome(() => tracked.func(op)(to, from, byteLength))).toEqual(expected);
            const [was, wasOther] = contentsOf(original) as [Buffer, Buffer];
            const [is, isOther] = contentsOf(tracked.exports) as [Buffer, Buffer];
            expect([Buffer.compare(was, is), Buffer.compare(wasOther, isOther)]).toEqual([0, 0]);
          }
        }),
        { numRuns: Number(process.env['FC_RUNS'] ?? 60) },
      );
    },
  );

  test.each<Step>([
    { op: 'fill', to: 7, from: 9, length: END - 7 },
    { op: 'copy', to: 0, from: 1, length: END - 1 },
    { op: 'copy', to: 1, from: 0, length: END - 1 },
    { op: 'fill-other', to: 0, from: 9, length: END / 2 },
    { op: 'copy-to-other', to: 0, from: 0, length: END / 2 },
    { op: 'copy-from-other', to: 0, from: 0, length: END / 2 },
    { op: 'init', to: 0, from: 0, length: SEGMENT_BYTES },
    { op: 'init-other', to: 0, from: 0, length: SEGMENT_BYTES },
  ])('is interrupted after each piece, and continues or ends ($op)', ({ op, to, from, length: byteLength }) => {
    const { interrupter, func } = start();
    func(op)(to, from, byteLength);
    expect(interrupter.calls).toBe(0);
    interrupter.set(1);
    func(op)(to, from, byteLength);
    // The first time is when the host calls the function.
    expect(interrupter.calls).toBe(1 + Math.ceil(byteLength / PIECE_BYTES));
    interrupter.calls = 0;
    interrupter.verdict = (call) => (call === 2 ? 1 : 0);
    expect(outcome(() => func(op)(to, from, byteLength))).toBe('trap: unreachable');
    expect(interrupter.calls).toBe(2);
  });

  test('marks all that it wrote', () => {
    const tracked = new Tracked(MODULE);
    tracked.func('fill')(5000, 1, 3 * PIECE_BYTES);
    tracked.func('copy')(3 * PIECE_BYTES, 100, 2 * PIECE_BYTES - 5);
    tracked.func('init')(1, 1, SEGMENT_BYTES - 1);
    tracked.restore();
    expect(tracked.isPristine).toBe(true);
  });

  test.each(Object.keys(OPS).filter((op) => op !== 'drop'))('is asked after more than 4096 bytes (%s)', (op) => {
    const { interrupter, func } = start();
    interrupter.set(1);
    for (const byteLength of [0, 1, 4095, 4096, 4097, 65_535, 65_536, 65_537, PIECE_BYTES - 1, PIECE_BYTES]) {
      interrupter.calls = 0;
      func(op)(0, 0, byteLength);
      expect(interrupter.calls).toBe(byteLength > 4096 ? 2 : 1);
    }
  });
});

test('nothing is done in pieces if there are no interruptions', () => {
  const options = { maxMemoryPages: 512, maxTableElements: 0, memory: 'tracked' } as const;
  const bodies = (['off', 'on'] as const).map((preemption) => rewriteModule(MODULE, { ...options, preemption }).bytes);
  const [off, on] = bodies.map((bytes) => Buffer.from(bytes).includes(pieceLength));
  expect([off, on]).toEqual([false, true]);
});

/** `i32.const` of it. */
const pieceLength = Buffer.from([0x41, 0x80, 0x80, 0xc0, 0x00]);

function start(): Pick<Tracked, 'interrupter'> & { func: Tracked['func'] } {
  const tracked = new Tracked(MODULE);
  return { interrupter: tracked.interrupter, func: (name) => tracked.func(name) };
}

function scribble(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; at += 1009) bytes[at] = at % 251;
}
