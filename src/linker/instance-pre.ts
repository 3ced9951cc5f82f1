/** A component linked to its host interfaces: everything that can be done once is done. Frozen; makes any number of instances. */
export interface InstancePre<Ctx> {
  /** Creates an instance. Start functions run here; the host functions that they call receive `ctx` as their first argument. */
  instantiate(ctx: Ctx): Instance<Ctx>;
}

/** One isolated instance of a component. */
export interface Instance<Ctx> {
  /**
   * Calls an exported function for `ctx`, the first argument of the host functions that it calls; `interfaceName` has no version. Resolves to the result
   * in the shape of `HostInterface`; rejects with the `Trap` or `WebAssembly.RuntimeError` that ended the instance.
   */
  call(ctx: Ctx, interfaceName: string, func: string, args: readonly unknown[]): Promise<unknown>;
  /** Whether it has not ended and no call into it is running or suspended. */
  readonly isIdle: boolean;
  /** Releases the resources behind its handles: the request is over, and the instance is not used again. */
  abandon(): void;
  /** Ends the instance with `error`: from now on no call into it continues, nor any host function that it waits for. */
  end(error: unknown): void;
}

/** The part of an instance that tells which call is running in it. A call that waited becomes the running one again when it resumes. */
export interface Running<Ctx> {
  /** The context of the running call; `undefined` if none is running, so that an instance does not keep the last one alive. */
  ctx: Ctx | undefined;
}
