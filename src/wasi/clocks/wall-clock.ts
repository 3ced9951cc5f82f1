import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';

/** WIT's `datetime`: the time since 1970-01-01T00:00:00Z, or a span of it. */
export interface Datetime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/** `wasi:clocks/wall-clock`. Source: wasi-clocks `wall-clock.wit`. */
export const wallClock = {
  name: 'wasi:clocks/wall-clock',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    now: ({ time }: WasiCtx): Datetime => toDatetime(time.wallMs()),
    resolution: (_ctx: WasiCtx): Datetime => toDatetime(1),
  },
} satisfies HostInterface<WasiCtx>;

function toDatetime(ms: number): Datetime {
  return { seconds: BigInt(Math.floor(ms / 1000)), nanoseconds: (ms % 1000) * 1_000_000 };
}
