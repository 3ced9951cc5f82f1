import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { Pollable } from '../io/poll.ts';
import type { GuestTime } from './guest-time.ts';
import { Timer } from './timer.ts';

const MAX_U64 = 2n ** 64n - 1n;

/** `wasi:clocks/monotonic-clock`; instants and durations in nanoseconds. Source: wasi-clocks `monotonic-clock.wit`. */
export const monotonicClock = {
  name: 'wasi:clocks/monotonic-clock',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    now: ({ time }: WasiCtx): bigint => time.monotonicNs(),
    resolution: (_ctx: WasiCtx): bigint => 1n,
    'subscribe-instant': ({ time }: WasiCtx, when: bigint): Pollable => new Pollable(new Timer(when, time)),
    'subscribe-duration': ({ time }: WasiCtx, when: bigint): Pollable =>
      new Pollable(new Timer(instantAfter(time, when), time)),
  },
} satisfies HostInterface<WasiCtx>;

/** An instant that a `u64` cannot hold is the last one that it can. */
function instantAfter(time: GuestTime, durationNs: bigint): bigint {
  const instantNs = time.monotonicNs() + durationNs;
  return instantNs < MAX_U64 ? instantNs : MAX_U64;
}
