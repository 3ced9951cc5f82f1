import { MAX_TIMER_MS } from '../util/timers.ts';
import { Drained } from '../util/drained.ts';
import type { CancelReason } from '../wasi/cancellation.ts';

/** Who can be ended while it waits: the context of a guest is. */
export interface Cancellable {
  /** How long until its deadline, `Infinity` if it has none. */
  readonly leftMs: number;
  readonly cancellation: { cancel(reason: CancelReason): void };
}

/**
 * The requests that are not over, and those of their guests that wait for something: guests are ended at their deadlines, and a host that stops
 * waits for requests or ends them.
 */
export class InFlight {
  /** In the order of their deadlines, since all have the same time limit: one timer, for the first, is enough. */
  readonly #contexts = new Set<Cancellable>();
  #deadline: NodeJS.Timeout | undefined;
  readonly #idle = new Drained();
  #requests = 0;
  #nextOrdinal = 0;
  readonly #returnedOrdinals: number[] = [];
  #state: 'serving' | 'stopping' = 'serving';

  /** Counts a request, running or queued, until `leave`. */
  arrive(): void {
    this.#requests += 1;
  }

  /** A request that arrived is over. */
  leave(): void {
    this.#requests -= 1;
    if (this.#requests === 0) this.#idle.notify();
  }

  /** Until `remove`, cancels a guest at its deadline, and when a host that stops ends its guests: immediately if it already has. */
  add(ctx: Cancellable): void {
    this.#contexts.add(ctx);
    if (this.#state === 'stopping') ctx.cancellation.cancel('stopping');
    if (this.#deadline === undefined) this.#cancelOverdue();
  }

  remove(ctx: Cancellable): void {
    this.#contexts.delete(ctx);
    if (this.#contexts.size > 0) return;
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  /** Cancels all guests that wait. Those that compute find out when they are interrupted. */
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

  /** Whether a host that stops has ended its guests: no guest starts any more. */
  get isStopping(): boolean {
    return this.#state === 'stopping';
  }

  /** The ordinal of the next request, from 0. */
  nextOrdinal(): number {
    return this.#returnedOrdinals.pop() ?? this.#nextOrdinal++;
  }

  /** No request has got this ordinal after all: the next one gets it. */
  returnOrdinal(ordinal: number): void {
    this.#returnedOrdinals.push(ordinal);
  }

  /** Resolves when all requests are over, with the number of those that were cancelled because they were not over after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<number> {
    if (this.#requests === 0 || (await this.#idle.waitFor(timeoutMs))) return 0;
    const cancelled = this.#requests;
    this.#state = 'stopping';
    this.cancelAll('stopping');
    if (this.#requests > 0) await this.#idle.wait();
    return cancelled;
  }
}
