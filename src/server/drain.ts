import { Emptiness } from '../util/emptiness.ts';
import type { WasiCtx } from '../wasi/context.ts';

/** The requests that are not over and the guests that wait for something, so that a host that stops can wait for them or end them. */
export class InFlight {
  readonly #contexts = new Set<WasiCtx>();
  readonly #idle = new Emptiness();
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
    if (this.#requests === 0) this.#idle.tell();
  }

  /** Has a guest cancelled when the time to finish is over, at once if it is already; until it is removed. */
  add(ctx: WasiCtx): void {
    this.#contexts.add(ctx);
    if (this.#state === 'stopping') ctx.cancellation.cancel('stopping');
  }

  remove(ctx: WasiCtx): void {
    this.#contexts.delete(ctx);
  }

  /** The ordinal of the next request, from 0. */
  nextOrdinal(): number {
    return this.#nextOrdinal++;
  }

  /** Resolves when all requests are over; those that are not after `timeoutMs` are cancelled. Returns how many that were. */
  async drain(timeoutMs: number): Promise<number> {
    if (this.#requests === 0 || (await this.#idle.within(timeoutMs))) return 0;
    const cancelled = this.#requests;
    this.#state = 'stopping';
    for (const ctx of this.#contexts) ctx.cancellation.cancel('stopping');
    if (this.#requests > 0) await this.#idle.ever();
    return cancelled;
  }
}
