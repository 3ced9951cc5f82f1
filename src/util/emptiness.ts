/** Those who wait until there is nothing left of something. */
export class Emptiness {
  readonly #waiting = new Set<() => void>();

  tell(): void {
    if (this.#waiting.size === 0) return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  ever(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
    });
  }

  /** `false` where it takes longer. */
  within(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const empty = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(empty);
        resolve(false);
      }, timeoutMs);
      this.#waiting.add(empty);
    });
  }
}
