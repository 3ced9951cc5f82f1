import { describe, expect, test, vi } from 'vitest';
import { monotonicClock } from '../../../src/wasi/clocks/monotonic-clock.ts';
import { wallClock } from '../../../src/wasi/clocks/wall-clock.ts';
import { WasiCtx } from '../../../src/wasi/wasi-ctx.ts';
import { poll } from '../../../src/wasi/io/poll.ts';

const ctx = new WasiCtx({});
const { funcs } = monotonicClock;
const MAX_U64 = 2n ** 64n - 1n;

describe('monotonic-clock', () => {
  test('never goes back', () => {
    const instants = Array.from({ length: 100 }, () => funcs.now(ctx));
    expect(instants).toEqual(instants.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  test.each([
    ['an instant that has passed', () => funcs['subscribe-instant'](ctx, funcs.now(ctx)), true],
    ['no duration', () => funcs['subscribe-duration'](ctx, 0n), true],
    ['the last instant', () => funcs['subscribe-instant'](ctx, MAX_U64), false],
    ['the longest duration', () => funcs['subscribe-duration'](ctx, MAX_U64), false],
  ])('whether a pollable of %s is ready', (_name, subscribe, isReady) => {
    expect(subscribe().readiness.isReady()).toBe(isReady);
  });

  test('poll does not return before the instant', async () => {
    const when = funcs.now(ctx) + 3_000_000n;
    const [never, soon] = [funcs['subscribe-duration'](ctx, MAX_U64), funcs['subscribe-instant'](ctx, when)];
    expect(await poll.funcs.poll(ctx, [never, soon])).toEqual(Uint32Array.of(1));
    expect(funcs.now(ctx)).toBeGreaterThanOrEqual(when);
  });
});

describe('wall-clock', () => {
  test.each([
    [0, { seconds: 0n, nanoseconds: 0 }],
    [1_700_000_000_999, { seconds: 1_700_000_000n, nanoseconds: 999_000_000 }],
  ])('at %d ms', (ms, expected) => {
    vi.useFakeTimers({ now: ms, toFake: ['Date'] });
    expect(wallClock.funcs.now(ctx)).toEqual(expected);
    vi.useRealTimers();
  });

  test('has a resolution of a millisecond', () => {
    expect(wallClock.funcs.resolution(ctx)).toEqual({ seconds: 0n, nanoseconds: 1_000_000 });
  });
});

describe('a coarse clock', () => {
  test('stops while the guest runs: both times, and timers', () => {
    const coarse = new WasiCtx({ clock: 'coarse' });
    const [monotonic, wall] = [funcs.now(coarse), wallClock.funcs.now(coarse)];
    const soon = funcs['subscribe-duration'](coarse, 1_000_000n);
    computeMs(3);
    expect(funcs.now(coarse)).toBe(monotonic);
    expect(wallClock.funcs.now(coarse)).toEqual(wall);
    expect(poll.funcs['[method]pollable.ready'](coarse, soon)).toBe(false);
    expect(poll.funcs.poll(coarse, [soon, funcs['subscribe-instant'](coarse, 0n)])).toEqual(Uint32Array.of(1));
  });

  test('continues while the guest waits', async () => {
    const coarse = new WasiCtx({ clock: 'coarse' });
    const before = funcs.now(coarse);
    const [never, soon] = [
      funcs['subscribe-duration'](coarse, MAX_U64),
      funcs['subscribe-duration'](coarse, 3_000_000n),
    ];
    computeMs(5);
    expect(await poll.funcs.poll(coarse, [never, soon])).toEqual(Uint32Array.of(1));
    expect(funcs.now(coarse)).toBeGreaterThanOrEqual(before + 5_000_000n);
  });
});

function computeMs(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}
