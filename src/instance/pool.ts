import { type Grants, WasiCtx } from '../wasi/context.ts';
import type { Instance } from '../linker/instance-pre.ts';
import type { InstanceState, InstanceStrategy } from './strategy.ts';

/** Leases isolated instances of one component. */
export interface InstancePool extends Disposable {
  readonly strategy: InstanceStrategy['name'];
  /** An instance with a context of its own, for one request. Throws what instantiation throws. */
  lease(grants: Grants, timeoutMs: number): Lease;
}

export function createPool(strategy: InstanceStrategy): InstancePool {
  return {
    strategy: strategy.name,
    lease: (grants, timeoutMs) => {
      using ifInstantiationFails = new DisposableStack();
      const ctx = ifInstantiationFails.use(new WasiCtx(grants));
      const lease = new Lease(strategy, strategy.take(ctx), ctx, timeoutMs);
      ifInstantiationFails.move();
      return lease;
    },
    [Symbol.dispose]: () => strategy[Symbol.dispose](),
  };
}

/**
 * One request's hold on an instance and all that exists for the request.
 *
 * Whoever leases disposes: that ends the deadline, releases all that the guest left open, and gives the instance back.
 */
export class Lease {
  readonly ctx: WasiCtx;
  readonly instance: Instance;
  readonly #strategy: InstanceStrategy;
  readonly #deadline: NodeJS.Timeout | undefined;
  #state: InstanceState = 'sound';

  /** `timeoutMs` of 0 sets no deadline. */
  constructor(strategy: InstanceStrategy, instance: Instance, ctx: WasiCtx, timeoutMs: number) {
    this.#strategy = strategy;
    this.instance = instance;
    this.ctx = ctx;
    const expire = (): void => ctx.cancellation.cancel('deadline');
    this.#deadline = timeoutMs === 0 ? undefined : setTimeout(expire, timeoutMs);
  }

  /** A call into the instance begins: should the lease end before the call does, the instance must not serve another request. */
  begin(): void {
    this.#state = 'spoilt';
  }

  /** The call has returned properly: another request may follow, unless this one was cancelled meanwhile. */
  end(): void {
    if (this.ctx.cancellation.trap === undefined) this.#state = 'sound';
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#deadline);
    this.ctx[Symbol.dispose]();
    this.#strategy.giveBack(this.instance, this.#state);
  }
}
