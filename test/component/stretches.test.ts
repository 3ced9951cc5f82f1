import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_UNITS, MAX_UNWINDING_UNITS } from '../../src/component/rewrite/costs.ts';
import { FORMS, expandWork, programs } from './stretches.ts';
import { Checked, Tracked, assemble } from './tracked.ts';

const MODES = [Tracked, Checked] as const;

/** A stretch is what runs without a check. In units; in depth, how many functions have returned in it that were on the stack when it began. */
type Stretch = { readonly units: number; readonly returns: number };

const WAYS = MODES.flatMap((mode) => FORMS.map((form) => ({ mode, form })));

describe.each(WAYS)('with checks ($mode.name, $form)', ({ mode, form }) => {
  test('no program does more work between two checks than is claimed', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(programs(form), async (wat) => {
        const longest = (await stretchesOf(wat, mode)).map(
          ({ units, returns }) => units - returns * MAX_UNWINDING_UNITS,
        );
        expect(Math.max(...longest)).toBeLessThanOrEqual(2 * MAX_UNITS);
      }),
      { numRuns: Number(process.env['FC_RUNS'] ?? 60) },
    );
  });
});

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
    // What nobody catches.
    if (!(error instanceof WebAssembly.Exception)) throw error;
  }
  end();
  return stretches;
}
