import type { WasiCtx } from '../wasi-ctx.ts';
import { Pollable } from '../io/poll.ts';
import type { GuestTime } from './guest-time.ts';
import { Timer } from './timer.ts';
import { defineClocks } from './define-clocks.ts';
import * as t from '../param-types.ts';

const MAX_U64 = 2n ** 64n - 1n;

/** `wasi:clocks/monotonic-clock`; instants and durations in nanoseconds. Source: wasi-clocks `monotonic-clock.wit`. */
export const monotonicClock = defineClocks('monotonic-clock', {
  params: { 'subscribe-instant': [t.u64], 'subscribe-duration': [t.u64] },
  funcs: {
    now: ({ time }: WasiCtx): bigint => time.monotonicNs(),
    resolution: (_ctx: WasiCtx): bigint => 1n,
    'subscribe-instant': ({ time }: WasiCtx, when: bigint): Pollable => new Pollable(new Timer(when, time)),
    'subscribe-duration': ({ time }: WasiCtx, when: bigint): Pollable =>
      new Pollable(new Timer(instantAfter(time, when), time)),
  },
});

/** An instant that a `u64` cannot hold is the last one that it can. */
function instantAfter(time: GuestTime, durationNs: bigint): bigint {
  const instantNs = time.monotonicNs() + durationNs;
  return instantNs < MAX_U64 ? instantNs : MAX_U64;
}
