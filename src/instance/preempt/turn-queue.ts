/** A guest that waits for its turn, and how long it has run by then. */
interface Waiting {
  readonly resume: () => void;
  readonly usedMs: number;
}

/**
 * Guests that wait for their turn. Who has waited longest has every other one, who has run least the others: so one that needs little is soon done,
 * however many need much.
 */
export class TurnQueue {
  readonly #waiting: Waiting[] = [];
  #next: 'oldest' | 'least' = 'oldest';

  get size(): number {
    return this.#waiting.length;
  }

  /** Resolves when it is the turn of a guest that has run for `usedMs` by now. */
  wait(usedMs: number): Promise<void> {
    return new Promise((resume) => this.#waiting.push({ resume, usedMs }));
  }

  /** The next one's turn. It runs after this has returned, before the next tick. */
  resumeNext(): void {
    const isOldest = this.#next === 'oldest';
    this.#next = isOldest ? 'least' : 'oldest';
    const [next] = this.#waiting.splice(isOldest ? 0 : this.#indexOfLeast(), 1);
    next?.resume();
  }

  #indexOfLeast(): number {
    let least = 0;
    for (const [index, { usedMs }] of this.#waiting.entries()) {
      if (usedMs < (this.#waiting[least] as Waiting).usedMs) least = index;
    }
    return least;
  }
}
