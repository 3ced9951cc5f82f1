import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { Trap } from '../../../src/util/trap.ts';
import { WasiCtx } from '../../../src/wasi/wasi-ctx.ts';
import { Cancellation } from '../../../src/wasi/cancellation.ts';
import { READY, Wakers, waitForAny } from '../../../src/io/readiness.ts';
import { takeBugs } from '../../harness/bugs.ts';
import { Gate, settle } from './gate.ts';

const GATES = 4;
const gateIndex = fc.nat(GATES - 1);
const step = fc.record({ act: fc.constantFrom('open', 'close', 'wakeInVain'), index: gateIndex });

describe('waitForAny', () => {
  test('has nothing to wait for if one source is ready, and listens to none', () => {
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

describe('a source that throws', () => {
  const never = new Cancellation();

  test.each(['isReady', 'onReady', 'offReady'] as const)(
    'in %s ends the wait for it, and leaves no listener behind',
    async (name) => {
      const [before, broken, after] = [new Gate(), new Gate(), new Gate()];
      let breaks = name === 'onReady';
      const source = {
        isReady: () => broken.isReady(),
        onReady: (wake: () => void) => broken.onReady(wake),
        offReady: (wake: () => void) => broken.offReady(wake),
      };
      const original = source[name] as (wake: () => void) => boolean;
      Object.assign(source, {
        [name]: (wake: () => void) => {
          if (breaks) throw new Error('injected');
          return original(wake);
        },
      });
      const waiting = waitForAny([before, source, after], never);
      const ended = Promise.resolve(waiting).then(
        () => 'ready',
        (error: Error) => error.message,
      );
      breaks = true;
      if (name === 'offReady') before.open();
      else before.wakeInVain();
      expect(await ended).toBe(name === 'offReady' ? 'ready' : 'injected');
      expect([before.wakers.size, after.wakers.size, never.isReady()]).toEqual([0, 0, false]);
      await settle();
      takeBugs();
    },
  );
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

  test('throws immediately after a cancellation, even if a source is ready', () => {
    const ctx = new WasiCtx({});
    ctx.cancellation.cancel('client-left');
    expect(() => ctx.wait([READY])).toThrow('the client left');
  });

  test('rejects if the cancellation comes in the same turn as the source', async () => {
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

  test('one that throws does not keep others from being called, nor the waker from continuing', async () => {
    const wakers = new Wakers();
    const called: number[] = [];
    for (const number of [1, 2, 3]) {
      wakers.add(() => {
        called.push(number);
        throw new Error(`injected ${number}`);
      });
    }
    wakers.wake();
    await settle();
    expect(called).toEqual([1, 2, 3]);
    expect(takeBugs().map((bug) => bug.split('\n')[0])).toEqual([
      'Error: injected 1',
      'Error: injected 2',
      'Error: injected 3',
    ]);
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
