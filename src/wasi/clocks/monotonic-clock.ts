import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { Pollable } from '../io/poll.ts';
import { Timer, monotonicNowNs } from './timer.ts';

const MAX_U64 = 2n ** 64n - 1n;

/** `wasi:clocks/monotonic-clock`; instants and durations in nanoseconds. Source: wasi-clocks `monotonic-clock.wit`. */
export const monotonicClock = {
  name: 'wasi:clocks/monotonic-clock',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    now: (_ctx: WasiCtx): bigint => monotonicNowNs(),
    resolution: (_ctx: WasiCtx): bigint => 1n,
    'subscribe-instant': (_ctx: WasiCtx, when: bigint): Pollable => new Pollable(new Timer(when)),
    'subscribe-duration': (_ctx: WasiCtx, when: bigint): Pollable => new Pollable(new Timer(instantAfter(when))),
  },
} satisfies HostInterface<WasiCtx>;

/** An instant that a `u64` cannot hold is the last one that it can. */
function instantAfter(durationNs: bigint): bigint {
  const instantNs = monotonicNowNs() + durationNs;
  return instantNs < MAX_U64 ? instantNs : MAX_U64;
}
