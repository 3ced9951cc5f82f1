import type { Instance } from '../linker/instance-pre.ts';
import type { WasiCtx } from '../wasi/context.ts';

/** Instances that wait for a request. */
export interface KeptInstances {
  readonly size: number;
  /** Of their memories, together. */
  readonly byteLength: number;
}

/** How a request gets an instance that no request can tell from a fresh one. */
export interface InstanceStrategy extends Disposable {
  readonly name: 'fresh' | 'reset';
  readonly kept: KeptInstances;
  /** An isolated instance for one request. */
  take(ctx: WasiCtx): Instance;
  /** The request is over; the instance may be used again only where `state` is `sound`. Instances may come back after the disposal. */
  giveBack(instance: Instance, state: InstanceState): void;
}

/**
 * `spoilt` after a trap, a deadline or a cancelled call, or where a call still runs: never used again.
 *
 * Nothing of a spoilt instance is released, since its guest may be suspended, and write and mark should it ever resume.
 */
export type InstanceState = 'sound' | 'spoilt';
