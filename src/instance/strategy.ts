import type { Instance } from '../linker/instance-pre.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';

/** Idle instances kept for reuse. */
export interface KeptInstances {
  readonly size: number;
  /** The total size of their memories. */
  readonly byteLength: number;
}

/** A start that ran before its request came: the instance, or what the start threw. `ctx` is what the request goes on with. */
export type Started = { readonly ctx: WasiCtx } & (
  | { readonly instance: Instance<WasiCtx> }
  | { readonly thrown: unknown }
);

/** What instances may be made with before there are requests for them. */
export interface BeforeRequests {
  /**
   * A context as that of a request, whose guest may run for `cpuMs` until it is served, or for as long as that of a request if that is less; `undefined` if no
   * guest may start now. A start that is `undone` prints, logs and sends nothing: requests start anew.
   */
  readonly createCtx: (cpuMs: number, start: 'kept' | 'undone') => WasiCtx | undefined;
  /** No request will come for a context of `createCtx`. */
  readonly discardCtx: (ctx: WasiCtx) => void;
  /** So many instances exist at any time, in use or not. */
  readonly minSpares: number;
}

/** How a request gets an instance that it cannot distinguish from a fresh one. */
export interface InstanceStrategy extends Disposable {
  readonly name: 'fresh' | 'restart' | 'reset';
  readonly kept: KeptInstances;
  /**
   * From now on instances may start before their requests. Makes `minSpares`.
   *
   * Throws `HostError` if they do not fit.
   */
  prepare?(before: BeforeRequests): void;
  /** A start that ran ahead, if there is one: its outcome is that of the request that takes it. */
  takeStarted?(): Started | undefined;
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
