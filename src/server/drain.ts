import type { WasiCtx } from '../wasi/context.ts';

/** The guests at work, so that a host that stops can wait for them or end them. */
export class InFlight {
  readonly #contexts = new Set<WasiCtx>();
  readonly #whenIdle = new Set<() => void>();
  #count = 0;

  /** Counts a guest until the returned hold is disposed. */
  enter(ctx: WasiCtx): Disposable {
    this.#contexts.add(ctx);
    return {
      [Symbol.dispose]: () => {
        this.#contexts.delete(ctx);
        if (this.#contexts.size > 0) return;
        for (const tell of this.#whenIdle) tell();
        this.#whenIdle.clear();
      },
    };
  }

  /** The ordinal of the next request, from 0. */
  nextOrdinal(): number {
    this.#count += 1;
    return this.#count - 1;
  }

  get size(): number {
    return this.#contexts.size;
  }

  /** Resolves when no guest is at work; those that still are after `timeoutMs` are cancelled. Returns how many that were. */
  async drain(timeoutMs: number): Promise<number> {
    if (this.#contexts.size === 0) return 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenIdle.add(resolve);
    let cancelled = 0;
    const timer = setTimeout(() => {
      cancelled = this.#contexts.size;
      for (const ctx of this.#contexts) ctx.cancellation.cancel('stopping');
    }, timeoutMs);
    await promise;
    clearTimeout(timer);
    return cancelled;
  }
}
