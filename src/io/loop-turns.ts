import { FairQueue } from './fair-queue.ts';

/** How long waiting work may run in one turn of the event loop. */
const SLICE_MS = 5;

/** The longest that it waits for work that has precedence. */
const MAX_WAIT_MS = 20;

/**
 * A queue for work that can wait, which runs for a few milliseconds in each turn of the event loop. So however much of it there is,
 * new events are handled soon.
 */
export class LoopTurns {
  readonly #waiting = new FairQueue<() => void>();
  #isTaking = false;
  #lastMs = 0;
  #hasPrecedence = false;

  /** Something arrived that the loop delivers only once per turn, and more may follow: waiting work does not run in this turn. */
  giveWay(): void {
    this.#hasPrecedence = true;
  }

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    if (!this.#isTaking) {
      this.#isTaking = true;
      setImmediate(this.#take);
    }
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  readonly #take = (): void => {
    const nowMs = performance.now();
    const givesWay = this.#hasPrecedence && nowMs - this.#lastMs < MAX_WAIT_MS;
    this.#hasPrecedence = false;
    if (givesWay) {
      setImmediate(this.#take);
      return;
    }
    this.#lastMs = nowMs;
    this.#resume(nowMs + SLICE_MS);
  };

  /** Resumes waiting work one after the other until `endMs`. */
  #resume(endMs: number): void {
    this.#waiting.take()?.();
    // Continues when the resumed work waits again.
    queueMicrotask(() =>
      process.nextTick(() => {
        if (this.#waiting.size === 0) this.#isTaking = false;
        else if (performance.now() < endMs) this.#resume(endMs);
        else setImmediate(this.#take);
      }),
    );
  }
}
