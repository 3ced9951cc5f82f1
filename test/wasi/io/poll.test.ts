import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Trap } from '../../../src/util/trap.ts';
import { WasiCtx } from '../../../src/wasi/wasi-ctx.ts';
import { Parent } from '../../../src/wasi/io/parent.ts';
import { Pollable, poll } from '../../../src/wasi/io/poll.ts';
import { Gate, settle } from './gate.ts';

const ctx = new WasiCtx({});

describe('poll', () => {
  test('traps on an empty list', () => {
    expect(() => poll.funcs.poll(ctx, [])).toThrow(Trap);
  });

  test('returns the index of every pollable that is ready, immediately', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1 }).filter((open) => open.includes(true)),
        (open) => {
          const indices = poll.funcs.poll(ctx, open.map(pollableOf));
          expect(indices).toEqual(Uint32Array.from(open.flatMap((isOpen, index) => (isOpen ? [index] : []))));
        },
      ),
    );
  });

  test('waits for the first, also for a pollable that is listed twice, and leaves no listener behind', async () => {
    const gates = [new Gate(), new Gate()] as const;
    const [first, second] = [new Pollable(gates[0]), new Pollable(gates[1])];
    const waiting = poll.funcs.poll(ctx, [first, second, first]);
    expect(waiting).toBeInstanceOf(Promise);
    gates[0].open();
    expect(await waiting).toEqual(Uint32Array.of(0, 2));
    expect(gates.map((gate) => gate.wakers.size)).toEqual([0, 0]);
  });
});

describe('pollable', () => {
  test('block waits, unless it is ready', async () => {
    const gate = new Gate();
    const pollable = new Pollable(gate);
    let blocked = true;
    const waiting = poll.funcs['[method]pollable.block'](ctx, pollable);
    void Promise.resolve(waiting).then(() => (blocked = false));
    await settle();
    expect([blocked, poll.funcs['[method]pollable.ready'](ctx, pollable)]).toEqual([true, false]);
    gate.open();
    await waiting;
    expect(poll.funcs['[method]pollable.block'](ctx, pollable)).toBeUndefined();
    expect(poll.funcs['[method]pollable.ready'](ctx, pollable)).toBe(true);
  });

  test('keeps its parent from being dropped, and releases it once', () => {
    const parent = new Parent('input-stream');
    const [one, two] = [new Pollable(new Gate(), parent), new Pollable(new Gate(), parent)];
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    expect(() => parent.assertChildless()).toThrow('input-stream dropped while 1 of its children live');
    two[Symbol.dispose]();
    expect(() => parent.assertChildless()).not.toThrow();
  });
});

function pollableOf(isOpen: boolean): Pollable {
  const gate = new Gate();
  if (isOpen) gate.open();
  return new Pollable(gate);
}
