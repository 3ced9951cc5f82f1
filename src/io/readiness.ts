import { callSafely } from '../util/bug.ts';

/** Something that a guest can wait for: the one kernel from which every blocking function is derived. */
export interface Readiness {
  /** Whether waiting would end at once. */
  isReady(): boolean;
  /**
   * Calls `wake` at the next moment when `isReady()` may have become true; `wake` may come more than once or in vain.
   * Called only while not ready. What `wake` throws is seen by nobody who waits: it has to end its own request if it fails.
   */
  onReady(wake: () => void): void;
  /** Takes the listener away again, wherever it still is. */
  offReady(wake: () => void): void;
}

/** Always ready. */
export const READY: Readiness = Object.freeze({ isReady: () => true, onReady: () => {}, offReady: () => {} });

const NO_WAKES: readonly (() => void)[] = Object.freeze([]);

/** The listeners of something that becomes ready from time to time. */
export class Wakers {
  /** Most have one listener at most, which needs no list. */
  #first: (() => void) | undefined;
  /** Few, and a new list each time: one that grows in its place takes room for 17, a set that of ten. */
  #others = NO_WAKES;

  add(wake: () => void): void {
    if (this.#first === wake || this.#others.includes(wake)) return;
    if (this.#first === undefined) this.#first = wake;
    else this.#others = this.#others.concat(wake);
  }

  remove(wake: () => void): void {
    if (this.#first === wake) this.#first = undefined;
    else if (this.#others.length > 0) this.#others = this.#others.filter((other) => other !== wake);
  }

  /** Calls every listener that is there now. Never throws: they belong to other requests than whoever calls this. */
  wake(): void {
    const others = this.#others;
    if (this.#first !== undefined) callSafely(this.#first);
    for (const wake of others) callSafely(wake);
  }

  /** What is ready where `isReady` says so, and may become it whenever these listeners are called. */
  toReadiness(isReady: () => boolean): Readiness {
    return { isReady, onReady: (wake) => this.add(wake), offReady: (wake) => this.remove(wake) };
  }

  /** How many listen: a test's way to see that nothing is left behind. */
  get size(): number {
    return (this.#first === undefined ? 0 : 1) + this.#others.length;
  }
}

/** Not ready until it is opened, and then for good. */
export class Latch implements Readiness {
  readonly #wakers = new Wakers();
  #isOpen = false;

  open(): void {
    this.#isOpen = true;
    this.#wakers.wake();
  }

  isReady(): boolean {
    return this.#isOpen;
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }
}

/**
 * Waits until one of `sources` is ready, or `cancellation` is.
 *
 * Returns `true` at once where nothing has to be waited for, else a promise; afterwards no listener is left on any of them. Rejects with what a source
 * throws, be it when it is asked or when somebody listens.
 */
export function waitForAny(sources: readonly Readiness[], cancellation: Readiness): true | Promise<void> {
  if (cancellation.isReady() || sources.some((source) => source.isReady())) return true;
  return new Promise((resolve, reject) => {
    const wake = (): void => {
      try {
        if (!cancellation.isReady() && !sources.some((source) => source.isReady())) return;
        resolve();
      } catch (error) {
        reject(error);
      }
      forget(sources, cancellation, wake);
    };
    try {
      for (const source of sources) source.onReady(wake);
      cancellation.onReady(wake);
    } catch (error) {
      reject(error);
      forget(sources, cancellation, wake);
    }
  });
}

function forget(sources: readonly Readiness[], cancellation: Readiness, wake: () => void): void {
  for (const source of sources) callSafely(() => source.offReady(wake));
  cancellation.offReady(wake);
}
