import type { ClocksGrants } from './clocks/grants.ts';
import { CoarseTime, EXACT_TIME, type GuestTime } from './clocks/guest-time.ts';
import { Cancellation } from './cancellation.ts';
import { CpuTime } from './cpu-time.ts';
import { leftMsOf } from './time-limits.ts';
import type { IncomingHead } from '../http/request-head.ts';
import { type Readiness, waitForAny } from '../io/readiness.ts';
import { HeldBytes } from '../util/held-bytes.ts';
import { runAll } from '../util/bug.ts';
import { DEFAULT_LIMITS, type RequestLimits } from '../util/limits.ts';

/** The request that a guest works for, as the log names it. */
export interface ServedRequest {
  /** From 0. */
  readonly ordinal: number;
  readonly method: string;
  /** The path and the query, or what else is asked for. */
  readonly target: string;
  readonly id: string;
  /** The id if there is one already: making one takes a moment. */
  readonly knownId: string | undefined;
}

/** What guests are granted whichever packages they use, beside what each package grants. What is left out is the safe choice. */
export interface CoreGrants extends ClocksGrants {
  /** The number that the request will have which the guest starts for, before it has come. */
  readonly ordinal?: number;
  /** The request that the guest works for; `undefined` while it only starts. */
  readonly request?: ServedRequest | undefined;
  /** What came with that request. */
  readonly head?: IncomingHead | undefined;
  readonly limits?: RequestLimits;
  /** Counts what the request has the host hold. Default: an account of its own, of `maxHeldBytes`. Closed with the request. */
  readonly held?: HeldBytes;
  /** Tells the operator of a bound that the guest has reached and need not notice. */
  readonly tell?: (what: string) => void;
  /** Wall time of the request, and how much of it the guest may run; 0 is as long as it likes. In milliseconds. */
  readonly timeoutMs?: number;
  readonly cpuTimeoutMs?: number;
}

/** What a package keeps for one request: a class whose instances are made of the request's context. */
export type StateClass<Ctx, State extends object> = new (ctx: Ctx) => State;

/**
 * All that one guest may touch while it answers one request, and the only way for it to wait.
 *
 * Its maker disposes it when the request is over, which releases every timer, socket and body that the guest left.
 */
export class WasiCtx<PackageGrants extends object = object> {
  grants: CoreGrants & PackageGrants;
  readonly limits: RequestLimits;
  readonly held: HeldBytes;
  readonly cancellation = new Cancellation();
  readonly cpu = new CpuTime();
  readonly time: GuestTime;
  /** As of `performance.now()`. */
  startedMs: number;
  /** While the guest gives others a turn: resolves when it goes on. */
  paused: Promise<void> | undefined;
  readonly #turn: ((usedMs: number) => Promise<void> | undefined) | undefined;
  #kept: Set<Disposable> | undefined;
  /** By class; made when a guest first needs one. */
  #states: Map<unknown, object> | undefined;

  /** `turn` says whether other guests run first when this one could go on after a wait, given how long it has run; it resolves when its turn has come. */
  constructor(
    grants: CoreGrants & PackageGrants,
    turn?: (usedMs: number) => Promise<void> | undefined,
    nowMs = performance.now(),
  ) {
    this.grants = grants;
    this.startedMs = nowMs;
    this.#turn = turn;
    this.limits = grants.limits ?? DEFAULT_LIMITS;
    this.held = grants.held ?? new HeldBytes(this.limits.maxHeldBytes);
    this.held.endBy(this.cancellation);
    this.time = grants.clock === 'coarse' ? new CoarseTime() : EXACT_TIME;
  }

  /**
   * The request has come for which a guest has started already: `grants` are as those that it started with, but for the request itself. What its start
   * used of its CPU time, its limits and its account counts for the request.
   */
  serve(grants: CoreGrants & PackageGrants, nowMs: number): void {
    this.grants = grants;
    this.startedMs = nowMs;
    this.time.advance();
  }

  /**
   * Another request has come for the same instance: `grants` are as those of the one before, but for the request itself. What the guest has kept stays, and so
   * does what it takes of the limits and of the account; its time begins anew.
   */
  serveNext(grants: CoreGrants & PackageGrants, nowMs: number): void {
    this.cpu.reset();
    this.serve(grants, nowMs);
  }

  /**
   * What a package keeps for this request: made when it is first asked for, disposed with the request if it can be.
   *
   * ```ts
   * ctx.state(GuestOutput).stdout
   * ```
   */
  state<State extends object>(stateClass: StateClass<this, State>): State {
    const states = (this.#states ??= new Map());
    const known = states.get(stateClass) as State | undefined;
    if (known !== undefined) return known;
    const made = new stateClass(this);
    states.set(stateClass, made);
    return made;
  }

  /**
   * Waits until one of `sources` is ready: `true` if one is already.
   * Throws, or rejects with, the trap with which the request was cancelled.
   */
  wait(sources: readonly Readiness[]): true | Promise<void> {
    this.cancellation.throwIfCancelled();
    const waiting = waitForAny(sources, this.cancellation);
    return waiting === true ? true : waiting.then(() => this.#goOn());
  }

  /** How much of its time the request has left, in ms. */
  get leftMs(): number {
    return leftMsOf(this);
  }

  /** Disposes `resource` with the request, unless the guest drops it before. */
  keep(resource: Disposable): void {
    (this.#kept ??= new Set()).add(resource);
  }

  /** The guest is done with `resource`. */
  forget(resource: Disposable): void {
    this.#kept?.delete(resource);
  }

  #goOn(): void | Promise<void> {
    const turn = this.#turn?.(this.cpu.usedMs(performance.now()));
    return turn === undefined ? this.#goOnNow() : turn.then(() => this.#goOnNow());
  }

  #goOnNow(): void {
    this.time.advance();
    this.cancellation.throwIfCancelled();
  }

  /** Releases all, whatever throws meanwhile; then throws the first of that. */
  [Symbol.dispose](): void {
    const [kept, states] = [this.#kept, this.#states];
    this.#kept = undefined;
    this.#states = undefined;
    if (kept === undefined && states === undefined) {
      this.held[Symbol.dispose]();
      return;
    }
    const resources: Iterable<Partial<Disposable>> = [...(kept ?? []), ...(states?.values() ?? []), this.held];
    runAll(Array.from(resources, (resource) => () => resource[Symbol.dispose]?.()));
  }
}
