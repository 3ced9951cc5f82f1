/**
 * How long a guest has held the thread: all its turns, each from when it begins to run or goes on until it waits or is done.
 *
 * Times in milliseconds of `performance.now()`. What other code did between two looks at the clock is counted too.
 */
export class CpuTime {
  #usedMs = 0;
  #turnStartMs: number | undefined;
  #isCounted = false;

  /** Whether there ever was a turn: the time of guests that are not interrupted is not counted. */
  get isCounted(): boolean {
    return this.#isCounted;
  }

  /** Forgets all turns: the guest goes on for another request. */
  reset(): void {
    this.#usedMs = 0;
    this.#turnStartMs = undefined;
  }

  /** A turn begins, or goes on. */
  begin(nowMs: number): void {
    this.#isCounted = true;
    this.#turnStartMs ??= nowMs;
  }

  /** A turn began later than it seemed, at `nowMs`. */
  beginAnew(nowMs: number): void {
    this.#turnStartMs = nowMs;
  }

  /** So much of the turn was not the guest's. */
  giveBack(ms: number): void {
    if (this.#turnStartMs !== undefined) this.#turnStartMs += ms;
  }

  /** The turn that runs ends, if one does. */
  end(nowMs: number): void {
    this.#usedMs += this.turnMs(nowMs);
    this.#turnStartMs = undefined;
  }

  /** How long the turn takes already. */
  turnMs(nowMs: number): number {
    return this.#turnStartMs === undefined ? 0 : nowMs - this.#turnStartMs;
  }

  /** All turns, the one that runs too. */
  usedMs(nowMs: number): number {
    return this.#usedMs + this.turnMs(nowMs);
  }
}
