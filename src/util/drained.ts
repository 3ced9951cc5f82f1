import { MAX_TIMER_MS } from './timers.ts';

/** Lets callers wait until a count has fallen to zero: `notify` says that it has. */
export class Drained {
  readonly #waiting = new Set<() => void>();

  notify(): void {
    if (this.#waiting.size === 0) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
    });
  }

  /** Resolves to `false` if it takes longer than `timeoutMs`. */
  waitFor(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const drained = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(
        () => {
          this.#waiting.delete(drained);
          resolve(false);
        },
        Math.min(timeoutMs, MAX_TIMER_MS),
      );
      this.#waiting.add(drained);
    });
  }
}
