import { WasiCtx } from '../wasi/context.ts';
import type { Grants } from '../wasi/interfaces.ts';
import { LimitExceeded } from '../util/trap.ts';
import type { HeldTotal } from '../util/held-bytes.ts';
import type { Instance } from '../linker/instance-pre.ts';
import { HEAP_IS_FULL, type HeapWatch } from '../util/heap-watch.ts';
import { HostError } from '../util/host-error.ts';
import { describeTotalHeld } from '../util/limits.ts';
import { toError } from '../util/to-error.ts';
import type { RunListener } from './preempt/preempt.ts';
import type { Turns } from './preempt/turns.ts';
import type { InstanceState, InstanceStrategy, KeptInstances } from './strategy.ts';

/** Leases isolated instances of one component. */
export interface InstancePool extends Disposable {
  readonly strategy: InstanceStrategy['name'];
  readonly kept: KeptInstances;
  /** Whether others come first, before an instance is leased: resolves when they no longer do; `undefined` where they do not. */
  turn(): Promise<void> | undefined;
  /**
   * An instance with a context of its own, for one request, of which the grants are a part. Throws where it does not start, `Cancelled` where
   * it took too long, `HostError` where there is no room for it.
   */
  lease(grants: Grants): Lease;
}

/** What else of the component and its host has to do with when its guests may run. */
export interface Beside {
  readonly heap?: HeapWatch;
  readonly held?: HeldTotal;
  readonly onRun?: RunListener | undefined;
  readonly turns?: Turns;
}

export function createPool(strategy: InstanceStrategy, beside: Beside = {}): InstancePool {
  const { onRun, turns } = beside;
  return {
    strategy: strategy.name,
    kept: strategy.kept,
    turn: () => turns?.afterHeld(0),
    lease: (grants) => {
      const ctx = new WasiCtx(grants, turns?.afterHeld);
      try {
        onRun?.(ctx);
        assertRoom(beside, ctx.startedMs);
        return new Lease(strategy, strategy.take(ctx), ctx);
      } catch (error) {
        ctx[Symbol.dispose]();
        if (error instanceof HostError) throw error;
        throw ctx.cancellation.trap ?? toStartFailure(error);
      }
    },
    [Symbol.dispose]: () => strategy[Symbol.dispose](),
  };
}

function assertRoom({ heap, held }: Beside, nowMs: number): void {
  if (heap?.isFull(nowMs) === true) throw new HostError('overloaded', HEAP_IS_FULL);
  if (held === undefined || held.mayBegin()) return;
  const cause = new LimitExceeded('maxTotalHeldBytes', 'what all guests have the host hold');
  throw new HostError('overloaded', `no guest can start: ${describeTotalHeld(held.maxBytes)}`, { cause });
}

/** Says that it was the start, and keeps the guest's frames. */
function toStartFailure(thrown: unknown): Error {
  const { message, stack } = toError(thrown);
  const failure = new Error(`the guest did not start: ${message}`, { cause: thrown });
  if (stack !== undefined) failure.stack = stack;
  return failure;
}

/**
 * One request's hold on an instance and all that exists for the request.
 *
 * Whoever leases disposes: that releases all that the guest left open and was granted, and gives the instance back.
 */
export class Lease {
  readonly ctx: WasiCtx;
  readonly instance: Instance;
  readonly #strategy: InstanceStrategy;
  #state: InstanceState = 'sound';

  constructor(strategy: InstanceStrategy, instance: Instance, ctx: WasiCtx) {
    this.#strategy = strategy;
    this.instance = instance;
    this.ctx = ctx;
  }

  /** A call into the instance begins: should the lease end before the call does, the instance must not serve another request. */
  begin(): void {
    this.#state = 'spoilt';
  }

  /** The call has returned properly: another request may follow, unless this one was cancelled meanwhile. */
  end(): void {
    this.ctx.cpu.end(performance.now());
    if (this.ctx.cancellation.trap === undefined) this.#state = 'sound';
  }

  /** Ends a guest that still runs. The instance is given back whatever throws meanwhile, and not to be used again if something did. */
  [Symbol.dispose](): void {
    if (this.#state === 'spoilt') this.#abandon();
    try {
      this.ctx[Symbol.dispose]();
    } catch (error) {
      this.#state = 'spoilt';
      throw error;
    } finally {
      this.#strategy.giveBack(this.instance, this.#state);
    }
  }

  /** Nobody waits for the guest: what it waits for is cancelled, and what comes all the same does not let it go on. */
  #abandon(): void {
    const { cancellation } = this.ctx;
    cancellation.cancel('over');
    this.instance.end(cancellation.trap);
  }
}
