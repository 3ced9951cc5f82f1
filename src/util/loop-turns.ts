/** How long waiting work may run in one turn of the event loop. */
const SLICE_MS = 5;

/** The longest that it waits for work that has precedence. */
const MAX_WAIT_MS = 20;

/**
 * A queue for work that can wait: first come, first served, for a few milliseconds in each turn of the event loop. So however much of it there is,
 * new events are handled soon.
 */
export class LoopTurns {
  #waiting: (() => void)[] = [];
  #next = 0;
  #isTaking = false;
  #lastMs = 0;
  #hasPrecedence = false;

  /** Something arrived that the loop delivers only once per turn, and more may follow: waiting work does not run in this turn. */
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
    // Callers that queue from now on wait for another turn of the loop.
    this.#resume(this.#waiting.length, nowMs + SLICE_MS);
  };

  /** Resumes waiting work one after the other, up to the entry at `end`, or until `endMs`. */
  #resume(end: number, endMs: number): void {
    this.#waiting[this.#next]?.();
    this.#next += 1;
    // Continues when the resumed work waits again.
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
