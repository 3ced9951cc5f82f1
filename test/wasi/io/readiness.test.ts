import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Trap } from '../../../src/abi/trap.ts';
import { Cancellation, WasiCtx } from '../../../src/wasi/context.ts';
import { READY, Wakers, waitForAny } from '../../../src/wasi/io/readiness.ts';
import { Gate, settle } from './gate.ts';

const GATES = 4;
const gateIndex = fc.nat(GATES - 1);
const step = fc.record({ act: fc.constantFrom('open', 'close', 'wakeInVain'), index: gateIndex });

describe('waitForAny', () => {
  test('has nothing to wait for where one source is ready, and listens to none', () => {
    const gate = new Gate();
    expect(waitForAny([gate, READY], new Cancellation())).toBe(true);
    expect(gate.wakers.size).toBe(0);
  });

  test('ends at the first wake that finds a source ready, and leaves no listener behind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(gateIndex, { minLength: 1 }), fc.array(step), async (indices, steps) => {
        const gates = Array.from({ length: GATES }, () => new Gate());
        const sources = indices.flatMap((index) => gates[index] ?? []);
        const cancellation = new Gate();
        const ended = vi.fn<() => void>();
        const waiting = waitForAny(sources, cancellation);
        if (waiting === true) throw new Error('no gate is open yet');
        void waiting.then(ended);

        let expected = false;
        for (const { act, index } of steps) {
          gates[index]?.[act]();
          expected ||= act !== 'close' && indices.includes(index) && sources.some((source) => source.isReady());
          await settle();
          expect(ended).toHaveBeenCalledTimes(expected ? 1 : 0);
          for (const source of sources) expect(source.wakers.size).toBe(expected ? 0 : 1);
          expect(cancellation.wakers.size).toBe(expected ? 0 : 1);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('WasiCtx.wait', () => {
  test('rejects with the first reason of a cancellation, and leaves no listener behind', async () => {
    const ctx = new WasiCtx({});
    const gate = new Gate();
    const waiting = ctx.wait([gate]);
    ctx.cancellation.cancel('deadline');
    ctx.cancellation.cancel('client-left');
    await expect(waiting).rejects.toMatchObject({ name: 'Trap', message: 'guest timed out' });
    expect(gate.wakers.size).toBe(0);
  });

  test('throws at once after a cancellation, even where a source is ready', () => {
    const ctx = new WasiCtx({});
    ctx.cancellation.cancel('client-left');
    expect(() => ctx.wait([READY])).toThrow('the client left');
  });

  test('rejects where the cancellation comes in the same turn as the source', async () => {
    const ctx = new WasiCtx({});
    const gate = new Gate();
    const waiting = ctx.wait([gate]);
    gate.open();
    ctx.cancellation.cancel('deadline');
    await expect(waiting).rejects.toThrow(Trap);
  });
});

describe('Wakers', () => {
  test('calls those that are there when the wake begins', () => {
    const wakers = new Wakers();
    const late = vi.fn<() => void>();
    wakers.add(() => wakers.add(late));
    wakers.wake();
    expect(late).not.toHaveBeenCalled();
  });

  test('forgets a listener however often it is taken away', () => {
    const wakers = new Wakers();
    const wake = vi.fn<() => void>();
    wakers.add(wake);
    wakers.remove(wake);
    wakers.remove(wake);
    expect(wakers.size).toBe(0);
  });
});
