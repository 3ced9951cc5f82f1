import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_UNITS, MAX_UNWINDING_UNITS } from '../../src/rewriter/analyse/costs.ts';
import { BIT, CAUGHT, FORMS, LEAVE, expandWork, programs, toProgram, work } from './stretches.ts';
import { Checked, Tracked, assemble } from './tracked.ts';

const MODES = [Tracked, Checked] as const;

/** A stretch is what runs without a check. In units; in depth, how many functions have returned in it that were on the stack when it began. */
type Stretch = { readonly units: number; readonly returns: number };

const times = (count: number, wat: string): string => Array.from({ length: count }, () => wat).join('\n');
const LEAF = work(100);
const HALF = work(20_000);
const THROW = '(throw $tag)';
/** Leaves calls for others. */
const RECURSION = '(if (i32.lt_s (global.get $depth) (i32.const 300)) (then (call $f0)))';
const AT_RANDOM = `${BIT} (if (then ${HALF}) (else ${HALF}))`;

/** Programs that do much without a loop, by the bodies of their functions. */
const PROGRAMS: readonly (readonly [name: string, ...bodies: string[]])[] = [
  ['straight-line code', times(10, HALF)],
  ['long arms', times(10, AT_RANDOM)],
  ['arms past which a path goes', times(100, `${work(5000)} ${BIT} (if (then (nop)))`)],
  ['short arms after long ones', times(100, `${BIT} (if (then ${HALF}) (else))`)],
  ['blocks that are left by branches', times(10, `(block ${HALF} (br 0))`)],
  ['blocks that are left by conditional branches', times(10, `(block ${HALF} ${BIT} (br_if 0) (nop))`)],
  ['tables of branches', times(10, `(block (block (block ${HALF} ${BIT} (br_table 0 1 2))))`)],
  [
    'a path past the checks of another',
    times(20, `(block ${work(10_000)} ${BIT} (br_if 0) (loop (nop)) (return_call $f0))`),
  ],
  ['a tree of calls of functions that come later', ...trees(12, (index) => `(call $f${index + 1})`), LEAF],
  [
    'a tree of calls of functions that come before',
    '(call $f13)',
    LEAF,
    ...trees(12, (index) => `(call $f${index + 1})`),
  ],
  ['a tree of calls by a table', ...trees(12, (index) => `(call_indirect (type $f) (i32.const ${index + 1}))`), LEAF],
  ['a tree of calls by references', ...trees(12, (index) => `(call_ref $f (ref.func $f${index + 1}))`), LEAF],
  [
    'a tree of calls in tail position',
    ...Array.from({ length: 12 }, (_, index) => `(call $f${index + 1}) ${LEAVE} (return_call $f${index + 1})`),
    LEAF,
  ],
  ['many calls of a function that comes before', '(call $f2)', work(100), times(900, '(call $f1)')],
  ['many calls by a table of a short function', times(900, '(call_indirect (type $f) (i32.const 1))'), work(100)],
  ['many calls of a long function', '(call $f2)', work(30_000), times(10, `(call $f1)`)],
  ['recursion that does much when it returns', `(call $f0) ${work(10_000)}`],
  [
    'recursion through others that do much when it returns',
    '(call $f2)',
    `(call $f2) ${work(900)}`,
    `(call $f1) ${work(900)} (call $f1)`,
  ],
  ['recursion by a table that does much when it returns', `(call_indirect (type $f) (i32.const 0)) ${work(10_000)}`],
  ['recursion that does much before it returns', `(block (call $f0) ${work(10_000)} ${LEAVE} (return))`],
  ['recursion that does much before it returns by a branch', `(block (call $f0) ${work(10_000)} ${LEAVE} (br 1))`],
  [
    'recursion that does much before it ends in a tail call',
    `(call $f0) ${work(10_000)} ${LEAVE} (return_call $f1)`,
    '(nop)',
  ],
  ['recursion with much after each of two calls', `(call $f0) ${work(9000)} (call $f0) ${work(9000)}`],
  ['recursion that does much on one way back', `(call $f0) ${BIT} (if (then ${work(9000)})) (call $f1)`, LEAF],
  ['catching again and again', times(20, `(block (try_table (catch $tag 0) ${HALF} ${THROW})) ${CAUGHT}`)],
  [
    'catching where a function ends',
    '(call $f2)',
    `(try_table (catch_all 1) ${HALF} ${THROW})`.replace('1', '0'),
    times(20, '(call $f1)'),
  ],
  [
    'recursion that catches where it ends, and throws after much work',
    `(try_table (catch_all 0) ${RECURSION} ${work(9000)} ${THROW}) ${LEAVE}`,
  ],
  [
    'recursion that catches where it ends, and calls what throws after much work',
    `(try_table (catch_all 0) ${RECURSION} ${work(9000)} (call $f1)) ${LEAVE}`,
    THROW,
  ],
  ['catching in the old form again and again', times(20, `try ${HALF} ${THROW} catch_all ${CAUGHT} ${HALF} end`)],
  [
    'catching by another function that delegates',
    times(20, `try try ${HALF} ${THROW} delegate 0 catch $tag ${CAUGHT} ${HALF} end`),
  ],
];

function trees(levels: number, call: (index: number) => string): string[] {
  return Array.from({ length: levels }, (_, index) => times(2, call(index)));
}

const WAYS = MODES.flatMap((mode) => FORMS.map((form) => ({ mode, form })));

describe.each(WAYS)('with checks ($mode.name, $form)', ({ mode, form }) => {
  test('no program does more work between two checks than is claimed', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(programs(form), async (wat) => {
        expect(longestOf(await stretchesOf(wat, mode))).toBeLessThanOrEqual(2 * MAX_UNITS);
      }),
      { numRuns: Number(process.env['FC_RUNS'] ?? 60) },
    );
  });
});

describe.each(MODES)('with checks (%o)', (mode) => {
  test.each(PROGRAMS)('no more is done between two checks than is claimed by %s', async (_name, ...bodies) => {
    const stretches = await stretchesOf(toProgram(bodies), mode);
    expect(stretches.reduce((sum, { units }) => sum + units, 0)).toBeGreaterThan(2 * MAX_UNITS);
    expect(longestOf(stretches)).toBeLessThanOrEqual(2 * MAX_UNITS);
  });
});

/** In units, less what functions may do that return. */
function longestOf(stretches: readonly Stretch[]): number {
  return Math.max(...stretches.map(({ units, returns }) => units - returns * MAX_UNWINDING_UNITS));
}

async function stretchesOf(wat: string, Mode: (typeof MODES)[number]): Promise<Stretch[]> {
  const started = new Mode(await assemble(expandWork(wat)), {});
  const { interrupter, exports } = started;
  const [done, depth, low] = ['done', 'depth', 'low'].map((name) => exports[name] as WebAssembly.Global<'i32'>);
  if (done === undefined || depth === undefined || low === undefined) throw new Error('it does not tell what it does');
  const stretches: Stretch[] = [];
  let startDepth = 0;
  const end = (): number => {
    stretches.push({ units: done.value, returns: Math.max(0, startDepth - low.value) });
    done.value = 0;
    startDepth = low.value = depth.value;
    return 0;
  };
  interrupter.set(1);
  interrupter.verdict = end;
  try {
    started.func('go')();
  } catch (error) {
    // An exception that is not caught.
    if (!(error instanceof WebAssembly.Exception)) throw error;
  }
  end();
  return stretches;
}
