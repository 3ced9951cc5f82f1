/** Something that a guest can wait for: the one kernel from which every blocking function is derived. */
export interface Readiness {
  /** Whether waiting would end at once. */
  isReady(): boolean;
  /**
   * Calls `wake` at the next moment when `isReady()` may have become true; `wake` may come more than once or in vain.
   * Returns what takes the listener away again. Called only while not ready.
   */
  onReady(wake: () => void): () => void;
}

/** Always ready. */
export const READY: Readiness = Object.freeze({ isReady: () => true, onReady: () => () => {} });

/** The listeners of something that becomes ready from time to time. */
export class Wakers {
  /** Most have one listener at most, which needs no set. */
  #first: (() => void) | undefined;
  #others: Set<() => void> | undefined;

  /** Adds a listener and returns what takes it away. */
  add(wake: () => void): () => void {
    if (this.#first === undefined && this.size === 0) this.#first = wake;
    else if (this.#first !== wake) (this.#others ??= new Set()).add(wake);
    return () => this.#remove(wake);
  }

  /** Calls every listener that is there now. */
  wake(): void {
    if (this.size === 0) return;
    const others = [...(this.#others ?? [])];
    this.#first?.();
    for (const wake of others) wake();
  }

  /** How many listen: a test's way to see that nothing is left behind. */
  get size(): number {
    return (this.#first === undefined ? 0 : 1) + (this.#others?.size ?? 0);
  }

  #remove(wake: () => void): void {
    if (this.#first === wake) this.#first = undefined;
    else this.#others?.delete(wake);
  }
}

/**
 * Waits until one of `sources` is ready, or `cancellation` is.
 *
 * Returns `true` at once where nothing has to be waited for, else a promise; afterwards no listener is left on any of them.
 */
export function waitForAny(sources: readonly Readiness[], cancellation: Readiness): true | Promise<void> {
  if (cancellation.isReady() || sources.some((source) => source.isReady())) return true;
  return new Promise((resolve) => {
    // Of exactly the length that they need: many guests wait at the same time.
    const all = sources.concat(cancellation);
    let removals: readonly (() => void)[] = [];
    const wake = (): void => {
      if (!all.some((source) => source.isReady())) return;
      for (const remove of removals) remove();
      resolve();
    };
    removals = all.map((source) => source.onReady(wake));
  });
}
