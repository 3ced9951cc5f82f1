/**
 * How long a guest has held the thread: all its turns, each from when it begins to run or goes on until it waits.
 *
 * Times in milliseconds of `performance.now()`. What other code did between two looks at the clock is counted too.
 */
export class CpuTime {
  #usedMs = 0;
  #turnStartMs = 0;

  /** A turn begins. */
  begin(nowMs: number): void {
    this.#turnStartMs = nowMs;
  }

  /** The turn that began last ends. */
  end(nowMs: number): void {
    this.#usedMs += nowMs - this.#turnStartMs;
    this.#turnStartMs = nowMs;
  }

  /** How long the turn takes already. */
  turnMs(nowMs: number): number {
    return nowMs - this.#turnStartMs;
  }

  /** All turns, the one that runs too. */
  usedMs(nowMs: number): number {
    return this.#usedMs + this.turnMs(nowMs);
  }
}
