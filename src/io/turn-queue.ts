import { FairQueue } from './fair-queue.ts';

/** Guests that have run for less than this are treated alike: so small a difference says more about the machine than about the guest. */
const LITTLE_MS = 10;

/** Of so many turns one belongs to guests that have run already, while others have not begun. */
const TURNS = 4;

/** A guest that has not begun, by whether its request has a place. */
export type Beginner = 'placed' | 'unplaced';

/** A guest that waits for its turn, and how long it has run so far, at least `LITTLE_MS`. */
interface Waiting {
  readonly resume: () => void;
  readonly usedMs: number;
}

/**
 * Guests that wait for their turn. Those that have not begun have most of the turns, first those that have a place. Of the others, the one that has waited
 * longest and the one that has run least have their turns alternately; of several that have run equally little, the one that came last. So a guest that
 * needs little is done soon, however many need much, and however many came before it.
 */
export class TurnQueue {
  readonly #placed = new FairQueue<() => void>();
  readonly #unplaced = new FairQueue<() => void>();
  readonly #begun: Waiting[] = [];
  #turn = 0;
  #next: 'oldest' | 'least' = 'oldest';

  get size(): number {
    return this.#placed.size + this.#unplaced.size + this.#begun.length;
  }

  /** Resolves when it is the turn of a guest that has run for `usedMs` so far. */
  wait(usedMs: number): Promise<void> {
    return new Promise((resume) => this.#begun.push({ resume, usedMs: Math.max(usedMs, LITTLE_MS) }));
  }

  /** Resolves when it is the turn of a guest that has not begun. */
  waitToBegin(kind: Beginner, nowMs = performance.now()): Promise<void> {
    return new Promise((resume) => (kind === 'placed' ? this.#placed : this.#unplaced).add(resume, nowMs));
  }

  /** Starts the next turn. The guest runs after this returns, before the next tick. */
  resumeNext(nowMs = performance.now()): void {
    this.#turn = (this.#turn + 1) % TURNS;
    const isForBegun = this.#turn === 0 && this.#begun.length > 0;
    const resume = isForBegun ? this.#takeBegun() : (this.#takeBeginner(nowMs) ?? this.#takeBegun());
    resume?.();
  }

  #takeBeginner(nowMs: number): (() => void) | undefined {
    return this.#placed.take(nowMs) ?? this.#unplaced.take(nowMs);
  }

  #takeBegun(): (() => void) | undefined {
    const isOldest = this.#next === 'oldest';
    this.#next = isOldest ? 'least' : 'oldest';
    const [next] = this.#begun.splice(isOldest ? 0 : this.#indexOfLeast(), 1);
    return next?.resume;
  }

  #indexOfLeast(): number {
    let least = 0;
    for (const [index, { usedMs }] of this.#begun.entries()) {
      if (usedMs <= (this.#begun[least] as Waiting).usedMs) least = index;
    }
    return least;
  }
}
