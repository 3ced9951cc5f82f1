import { type Readiness, Wakers } from '../../../src/io/readiness.ts';

/** A `Readiness` that a test opens and closes, and whose listeners it counts. */
export class Gate implements Readiness {
  readonly wakers = new Wakers();
  #isOpen = false;

  open(): void {
    this.#isOpen = true;
    this.wakers.wake();
  }

  close(): void {
    this.#isOpen = false;
  }

  wakeInVain(): void {
    this.wakers.wake();
  }

  isReady(): boolean {
    return this.#isOpen;
  }

  onReady(wake: () => void): void {
    this.wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.wakers.remove(wake);
  }
}

/** Lets every promise that is settled by now run its reactions. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
