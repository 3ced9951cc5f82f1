/** Guests that have run for less than this are treated alike: so small a difference says more about the machine than about the guest. */
const LITTLE_MS = 10;

/** A guest that waits for its turn, and how long it has run so far, at least `LITTLE_MS`. */
interface Waiting {
  readonly resume: () => void;
  readonly usedMs: number;
}

/**
 * Guests that wait for their turn. Turns go alternately to the one that has waited longest and to the one that has run least; of several that have
 * run equally little, to the one that came last. So a guest that needs little is done soon, however many need much, and however many came before it.
 */
export class TurnQueue {
  readonly #waiting: Waiting[] = [];
  #next: 'oldest' | 'least' = 'oldest';

  get size(): number {
    return this.#waiting.length;
  }

  /** Resolves when it is the turn of a guest that has run for `usedMs` so far. */
  wait(usedMs: number): Promise<void> {
    return new Promise((resume) => this.#waiting.push({ resume, usedMs: Math.max(usedMs, LITTLE_MS) }));
  }

  /** Starts the next turn. The guest runs after this returns, before the next tick. */
  resumeNext(): void {
    const isOldest = this.#next === 'oldest';
    this.#next = isOldest ? 'least' : 'oldest';
    const [next] = this.#waiting.splice(isOldest ? 0 : this.#indexOfLeast(), 1);
    next?.resume();
  }

  #indexOfLeast(): number {
    let least = 0;
    for (const [index, { usedMs }] of this.#waiting.entries()) {
      if (usedMs <= (this.#waiting[least] as Waiting).usedMs) least = index;
    }
    return least;
  }
}
