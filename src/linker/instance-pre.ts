/** A component linked to its host interfaces: all that can be done once is done. Frozen; makes any number of instances. */
export interface InstancePre<Ctx> {
  /** A fresh instance whose host functions get `ctx` first. Start functions run here. */
  instantiate(ctx: Ctx): Instance;
}

/** One isolated instance of a component. */
export interface Instance {
  /**
   * Calls an exported function; `interfaceName` without version. Resolves with its result in the shape of `HostInterface`,
   * rejects with the `Trap` or `WebAssembly.RuntimeError` that ended the instance.
   */
  call(interfaceName: string, func: string, args: readonly unknown[]): Promise<unknown>;
  /** Lets go of what its handles stand for: the request is over, and the instance is not used again. */
  abandon(): void;
  /** Ends the instance because of `error`: from now on no call into it, nor any host function that it waits for, goes on. */
  end(error: unknown): void;
}
