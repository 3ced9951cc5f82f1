/** A component linked to its host interfaces: all that can be done once is done. Frozen; makes any number of instances. */
export interface InstancePre<Ctx> {
  /** A fresh instance. Start functions run here; `ctx` is what host functions get first that they call. */
  instantiate(ctx: Ctx): Instance<Ctx>;
}

/** One isolated instance of a component. */
export interface Instance<Ctx> {
  /**
   * Calls an exported function for `ctx`, which the host functions that it calls get first; `interfaceName` without version. Resolves with the result
   * in the shape of `HostInterface`, rejects with the `Trap` or `WebAssembly.RuntimeError` that ended the instance.
   */
  call(ctx: Ctx, interfaceName: string, func: string, args: readonly unknown[]): Promise<unknown>;
  /** Lets go of what its handles stand for: the request is over, and the instance is not used again. */
  abandon(): void;
  /** Ends the instance because of `error`: from now on no call into it, nor any host function that it waits for, goes on. */
  end(error: unknown): void;
}

/** What of an instance says which call runs in it. A call that waited is the one that runs again when it goes on. */
export interface Running<Ctx> {
  /** The context of the call that runs. What no call runs for has none: an instance keeps nothing alive of the last one. */
  ctx: Ctx | undefined;
}
