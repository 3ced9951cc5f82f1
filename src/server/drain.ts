import { Emptiness } from '../util/emptiness.ts';
import type { WasiCtx } from '../wasi/context.ts';

/** The requests that are not over and the guests at work, so that a host that stops can wait for them or end them. */
export class InFlight {
  readonly #contexts = new Set<WasiCtx>();
  readonly #idle = new Emptiness();
  #requests = 0;
  #count = 0;
  #state: 'serving' | 'stopping' = 'serving';

  /** Counts a request, be it at work or waiting for its turn, until the returned hold is disposed. */
  arrive(): Disposable {
    this.#requests += 1;
    return {
      [Symbol.dispose]: () => {
        this.#requests -= 1;
        if (this.#requests === 0) this.#idle.tell();
      },
    };
  }

  /** Counts a guest until the returned hold is disposed. One that comes after the time to stop is cancelled at once. */
  enter(ctx: WasiCtx): Disposable {
    this.#contexts.add(ctx);
    if (this.#state === 'stopping') ctx.cancellation.cancel('stopping');
    return { [Symbol.dispose]: () => void this.#contexts.delete(ctx) };
  }

  /** The ordinal of the next request, from 0. */
  nextOrdinal(): number {
    this.#count += 1;
    return this.#count - 1;
  }

  /** How many guests are at work. */
  get size(): number {
    return this.#contexts.size;
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
