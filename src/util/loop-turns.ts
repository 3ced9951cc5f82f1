/** How long waiting work has the thread in one turn of the event loop. */
const SLICE_MS = 5;

/** How long it waits at most for others that have precedence. */
const MAX_WAIT_MS = 20;

/**
 * Work that can wait for others: first come, first served, for a few milliseconds in each turn of the event loop. So however much of it there
 * is, what comes meanwhile is seen soon.
 */
export class LoopTurns {
  #waiting: (() => void)[] = [];
  #next = 0;
  #isTaking = false;
  #lastMs = 0;
  #hasPrecedence = false;

  /** Something has come that does not come but once in a turn of the loop, and more of it may: nothing that waits has its turn in this one. */
  giveWay(): void {
    this.#hasPrecedence = true;
  }

  /** Resolves when it is the caller's turn, in another turn of the loop. */
  next(): Promise<void> {
    if (!this.#isTaking) {
      this.#isTaking = true;
      setImmediate(this.#take);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
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
    // Those that ask from now on have their turn in another turn of the loop.
    this.#resume(this.#waiting.length, nowMs + SLICE_MS);
  };

  /** One after the other, up to the one at `end`, or until `endMs`. */
  #resume(end: number, endMs: number): void {
    this.#waiting[this.#next]?.();
    this.#next += 1;
    // When the one that was resumed waits again.
    queueMicrotask(() =>
      process.nextTick(() => {
        if (this.#next < end && performance.now() < endMs) this.#resume(end, endMs);
        else this.#pause();
      }),
    );
  }

  #pause(): void {
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
    if (this.#waiting.length === 0) this.#isTaking = false;
    else setImmediate(this.#take);
  }
}
