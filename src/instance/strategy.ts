import type { Instance } from '../linker/instance-pre.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';

/** Idle instances kept for reuse. */
export interface KeptInstances {
  readonly size: number;
  /** The total size of their memories. */
  readonly byteLength: number;
}

/** How a request gets an instance that it cannot distinguish from a fresh one. */
export interface InstanceStrategy extends Disposable {
  readonly name: 'fresh' | 'restart' | 'reset';
  readonly kept: KeptInstances;
  /** An isolated instance for one request, whose context is `ctx`, with which the instance starts if it is new. */
  take(ctx: WasiCtx): Instance<WasiCtx>;
  /** The request is over; the instance may be used again only if `state` is `reusable`. Instances may come back after the disposal. */
  giveBack(instance: Instance<WasiCtx>, state: InstanceState): void;
}

/**
 * `tainted` after a trap, a timeout or a cancelled call, or if a call is still running: the instance is never used again.
 *
 * Nothing of a tainted instance is released, because its guest may be suspended, and would write and mark pages if it ever resumed.
 */
export type InstanceState = 'reusable' | 'tainted';
