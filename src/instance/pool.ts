import { WasiCtx } from '../wasi/wasi-ctx.ts';
import { type Grants, withoutEffects } from '../wasi/interfaces.ts';
import { LimitExceeded } from '../util/trap.ts';
import type { HeldTotal } from '../util/held-bytes.ts';
import type { Instance } from '../linker/instance-pre.ts';
import { HEAP_IS_FULL, type HeapWatch } from '../util/heap-watch.ts';
import { HostError } from '../util/host-error.ts';
import { describeTotalHeld } from '../util/limits.ts';
import { toError } from '../util/to-error.ts';
import type { LoopRoom } from '../io/loop-room.ts';
import type { RunListener } from './preempt/preemption.ts';
import { SharedLeases, type Sharing } from './shared-leases.ts';
import type { InstanceState, InstanceStrategy, KeptInstances } from './strategy.ts';

/** Leases isolated instances of one component. */
export interface InstancePool extends Disposable {
  readonly strategy: InstanceStrategy['name'];
  readonly kept: KeptInstances;
  /**
   * Leases an instance, with a context of its own, for one request. Throws `StartFailure` if it does not start; `Cancelled` if the start takes too long;
   * `HostError` if there is no room for it.
   */
  lease(holder: LeaseHolder): Lease;
}

/** For whom an instance is leased. */
export interface LeaseHolder {
  /** What the guest is granted. `ordinal` is what it was told when it started, if that was before. */
  grants(ordinal?: number): Grants;
}

/** What the pool needs of its component and host to decide when guests may run. */
export interface PoolContext {
  readonly heap?: HeapWatch;
  readonly held?: HeldTotal;
  readonly onRun?: RunListener | undefined;
  /** For guests that go on after they waited. */
  readonly room?: LoopRoom;
  /** What guests are granted that start before there is a request; without it none does. */
  readonly grantAhead?: () => Grants;
  /** No request comes for what `grantAhead` granted. */
  readonly discard?: (grants: Pick<Grants, 'ordinal'>) => void;
  /** How many instances are made immediately, and kept. Default 0. */
  readonly minSpares?: number;
  /** Whether requests share instances, which are not isolated from each other then. Default: each has its own. */
  readonly sharing?: Sharing | undefined;
}

/** As `WasiCtx` takes it. */
type Turn = ConstructorParameters<typeof WasiCtx>[1];

export function createPool(strategy: InstanceStrategy, context: PoolContext = {}): InstancePool {
  const { onRun, room, sharing } = context;
  const shared = sharing && new SharedLeases(sharing);
  const turn = room && ((usedMs: number) => room.goOn(usedMs));
  try {
    prepare(strategy, context, turn);
  } catch (error) {
    strategy[Symbol.dispose]();
    throw error;
  }
  return {
    strategy: strategy.name,
    kept: strategy.kept,
    lease: (holder) => {
      const nowMs = performance.now();
      assertRoom(context, nowMs);
      const earlier = shared?.take();
      if (shared !== undefined && earlier !== undefined) {
        earlier.ctx.serveNext(holder.grants(), nowMs);
        onRun?.(earlier.ctx);
        return new Lease(strategy, earlier.instance, earlier.ctx, { leases: shared, requests: earlier.requests });
      }
      const started = strategy.takeStarted?.();
      const grants = holder.grants(started?.ctx.grants.ordinal);
      const ctx = started?.ctx ?? new WasiCtx(grants, turn, nowMs);
      try {
        if (started !== undefined) ctx.serve(grants, nowMs);
        onRun?.(ctx);
        if (started !== undefined && 'thrown' in started) throw started.thrown;
        const instance = started?.instance ?? strategy.take(ctx);
        return new Lease(strategy, instance, ctx, shared && { leases: shared, requests: 0 });
      } catch (error) {
        ctx[Symbol.dispose]();
        if (error instanceof HostError) throw error;
        throw ctx.cancellation.trap ?? new StartFailure(error);
      }
    },
    [Symbol.dispose]: () => {
      shared?.[Symbol.dispose]();
      strategy[Symbol.dispose]();
    },
  };
}

function prepare(strategy: InstanceStrategy, context: PoolContext, turn: Turn): void {
  const { heap, held, grantAhead, discard, minSpares = 0 } = context;
  if (grantAhead === undefined) return;
  strategy.prepare?.({
    minSpares,
    createCtx: (cpuMs, start) => {
      if (heap?.isFull(performance.now()) === true || held?.isTight === true) return undefined;
      const grants = start === 'undone' ? withoutEffects(grantAhead()) : grantAhead();
      return new WasiCtx({ ...grants, cpuTimeoutMs: Math.min(cpuMs, grants.cpuTimeoutMs || cpuMs) }, turn);
    },
    discardCtx: (ctx) => {
      discard?.(ctx.grants);
      ctx[Symbol.dispose]();
    },
  });
}

function assertRoom({ heap, held }: PoolContext, nowMs: number): void {
  if (heap?.isFull(nowMs) === true) throw new HostError('overloaded', HEAP_IS_FULL);
  if (held === undefined || held.mayBegin()) return;
  const cause = new LimitExceeded('maxTotalHeldBytes', 'the host holds too much for all guests together');
  throw new HostError('overloaded', `no guest can start: ${describeTotalHeld(held.maxBytes)}`, { cause });
}

/** The guest trapped while its instance started. Keeps the guest's stack frames. */
export class StartFailure extends Error {
  constructor(thrown: unknown) {
    const { message, stack } = toError(thrown);
    super(`the guest failed to start: ${message}`, { cause: thrown });
    if (stack !== undefined) this.stack = stack;
  }
}

/** Where an instance waits that requests share, and how many it has served. */
interface LeaseSharing {
  readonly leases: SharedLeases;
  readonly requests: number;
}

/**
 * One request's hold on an instance, and on everything that exists for the request.
 *
 * Whoever leases must dispose: that releases everything that the guest left open or was granted, and gives the instance back.
 */
export class Lease {
  readonly ctx: WasiCtx;
  readonly instance: Instance<WasiCtx>;
  readonly #strategy: InstanceStrategy;
  #sharing: LeaseSharing | undefined;
  #state: InstanceState = 'reusable';

  constructor(strategy: InstanceStrategy, instance: Instance<WasiCtx>, ctx: WasiCtx, sharing?: LeaseSharing) {
    this.#strategy = strategy;
    this.#sharing = sharing;
    this.instance = instance;
    this.ctx = ctx;
  }

  /** A call into the instance begins: if the lease ends before the call does, the instance must not be reused. */
  begin(): void {
    this.#state = 'tainted';
  }

  /** The call has returned normally: the instance may be reused, unless the request was cancelled meanwhile. */
  end(): void {
    this.ctx.cpu.end(performance.now());
    if (this.ctx.cancellation.trap === undefined) this.#state = 'reusable';
  }

  /** No other request shares the instance: its guest has not done what it should. */
  endSharing(): void {
    this.#sharing = undefined;
  }

  /** Ends a guest that is still running. Gives the instance back even if something throws, but then it must not be reused. */
  [Symbol.dispose](): void {
    if (this.#state === 'tainted') this.#abandon();
    else if (this.#isKept()) return;
    this.#giveBack();
  }

  /** Whether the instance waits for another request that shares it. */
  #isKept(): boolean {
    if (this.#sharing === undefined) return false;
    const { leases, requests } = this.#sharing;
    const { instance, ctx } = this;
    return leases.keep({ instance, ctx, requests: requests + 1, [Symbol.dispose]: () => this.#giveBack() });
  }

  #giveBack(): void {
    try {
      this.ctx[Symbol.dispose]();
    } catch (error) {
      this.#state = 'tainted';
      throw error;
    } finally {
      this.#strategy.giveBack(this.instance, this.#state);
    }
  }

  /** Ends a guest that is still running: cancels what it waits for, and makes sure that it never resumes. */
  #abandon(): void {
    const { cancellation } = this.ctx;
    cancellation.cancel('over');
    this.instance.end(cancellation.trap);
  }
}
