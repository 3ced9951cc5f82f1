import { MAX_TIMER_MS } from '../util/timers.ts';
import { Drained } from '../util/drained.ts';
import type { CancelReason, WasiCtx } from '../wasi/context.ts';

/**
 * The requests that are not over and the guests that wait for something, so that these end when their time is over, and a host that stops can
 * wait for them or end them.
 */
export class InFlight {
  /** The longer one has waited the earlier: they all have equally long, so that one timer does for all. */
  readonly #contexts = new Set<WasiCtx>();
  #deadline: NodeJS.Timeout | undefined;
  readonly #idle = new Drained();
  #requests = 0;
  #nextOrdinal = 0;
  #state: 'serving' | 'stopping' = 'serving';

  /** Counts a request, be it at work or waiting for its turn, until it leaves. */
  arrive(): void {
    this.#requests += 1;
  }

  /** A request that arrived is over. */
  leave(): void {
    this.#requests -= 1;
    if (this.#requests === 0) this.#idle.notify();
  }

  /** Has a guest cancelled at its deadline, and when the host's time to finish is over, at once if it is already; until it is removed. */
  add(ctx: WasiCtx): void {
    this.#contexts.add(ctx);
    if (this.#state === 'stopping') ctx.cancellation.cancel('stopping');
    if (this.#deadline === undefined) this.#cancelOverdue();
  }

  remove(ctx: WasiCtx): void {
    this.#contexts.delete(ctx);
    if (this.#contexts.size > 0) return;
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  /** Ends all guests that wait; the others hear of it when they are interrupted. */
  cancelAll(reason: CancelReason): void {
    for (const ctx of this.#contexts) ctx.cancellation.cancel(reason);
  }

  readonly #cancelOverdue = (): void => {
    this.#deadline = undefined;
    for (const { leftMs, cancellation } of this.#contexts) {
      if (leftMs === Infinity) return;
      if (leftMs > 0) {
        this.#deadline = setTimeout(this.#cancelOverdue, Math.min(Math.ceil(leftMs), MAX_TIMER_MS));
        return;
      }
      cancellation.cancel('deadline');
    }
  };

  /** Whether the time is over in which requests could finish: no guest begins any more. */
  get isStopping(): boolean {
    return this.#state === 'stopping';
  }

  /** The ordinal of the next request, from 0. */
  nextOrdinal(): number {
    return this.#nextOrdinal++;
  }

  /** Resolves when all requests are over; those that are not after `timeoutMs` are cancelled. Returns how many that were. */
  async drain(timeoutMs: number): Promise<number> {
    if (this.#requests === 0 || (await this.#idle.waitFor(timeoutMs))) return 0;
    const cancelled = this.#requests;
    this.#state = 'stopping';
    this.cancelAll('stopping');
    if (this.#requests > 0) await this.#idle.wait();
    return cancelled;
  }
}
