import type { WasiCtx } from '../wasi-ctx.ts';
import { defineClocks } from './define-clocks.ts';

/** WIT's `datetime`: the time since 1970-01-01T00:00:00Z, or a span of it. */
export interface Datetime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/** `wasi:clocks/wall-clock`. Source: wasi-clocks `wall-clock.wit`. */
export const wallClock = defineClocks('wall-clock', {
  funcs: {
    now: ({ time }: WasiCtx): Datetime => toDatetime(time.wallMs()),
    resolution: (_ctx: WasiCtx): Datetime => toDatetime(1),
  },
});

function toDatetime(ms: number): Datetime {
  return { seconds: BigInt(Math.floor(ms / 1000)), nanoseconds: (ms % 1000) * 1_000_000 };
}
