import { callSafely } from '../util/bug.ts';

/** Something that a guest can wait for: the one primitive on which every blocking function is built. */
export interface Readiness {
  /** Whether waiting would end immediately. */
  isReady(): boolean;
  /**
   * Calls `wake` when `isReady()` may have become true. `wake` may be called more than once, or when it is still not ready.
   * Call this only while not ready. An exception that `wake` throws reaches no other waiter: if it fails, it must end its own request.
   */
  onReady(wake: () => void): void;
  /** Removes the listener, if it is still registered. */
  offReady(wake: () => void): void;
}

/** Always ready. */
export const READY: Readiness = Object.freeze({ isReady: () => true, onReady: () => {}, offReady: () => {} });

const NO_WAKES: readonly (() => void)[] = Object.freeze([]);

/** The listeners of something that becomes ready again and again. */
export class Wakers {
  /** Most instances never have more than one listener, which needs no list. */
  #first: (() => void) | undefined;
  /** There are few, so each change makes a new array: V8 gives one that grows in place room for 17, and a set takes the space of ten. */
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

  /** Calls every listener registered now. Never throws: listeners may belong to other requests than the caller's. */
  wake(): void {
    const others = this.#others;
    if (this.#first !== undefined) callSafely(this.#first);
    for (const wake of others) callSafely(wake);
  }

  /** A `Readiness` with these listeners: it is ready if `isReady` returns true. */
  toReadiness(isReady: () => boolean): Readiness {
    return { isReady, onReady: (wake) => this.add(wake), offReady: (wake) => this.remove(wake) };
  }

  /** The number of listeners, with which tests check that none is left behind. */
  get size(): number {
    return (this.#first === undefined ? 0 : 1) + this.#others.length;
  }
}

/** Not ready until it is opened; then ready forever. */
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
 * Returns `true` if one already is, otherwise a promise; afterwards no listener is left on any of them. Rejects with what a source throws, whether
 * from `isReady` or from `onReady`.
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
