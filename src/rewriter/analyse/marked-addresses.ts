import { CARD_BYTES, SLACK } from '../layout.ts';
import type { Control } from './control.ts';
import { CONSTANT } from './values.ts';

/** The bytes of the longest store. */
const MAX_STORE_BYTES = 16;
/** How many notes per root are checked. If there are more, some marks are redundant. */
const MAX_NOTES_SEEN = 8;

const NONE = -1;

/**
 * Tracks which addresses are on pages that are already marked.
 *
 * A note says that a store to `root + d`, with d in [from, to], needs no mark. It holds in the arm of `Control` in which it was made, since everything that
 * follows in the arm runs after it.
 */
export class MarkedAddresses {
  readonly #control: Control;
  /** The newest note for each root. */
  readonly #heads: number[] = [];
  /** The notes' fields, by note. */
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #depths: number[] = [];
  readonly #arms: number[] = [];
  readonly #older: number[] = [];
  #count = 0;
  #rootCount = 0;

  constructor(control: Control) {
    this.#control = control;
  }

  /** Starts a function body. */
  enter(): void {
    this.#count = 0;
    this.#rootCount = 0;
  }

  covers(root: number, distance: number): boolean {
    let note = this.#headOf(root);
    for (let seen = 0; note !== NONE && seen < MAX_NOTES_SEEN; seen++) {
      const isOpen = this.#control.isOpen(this.#depths[note] as number, this.#arms[note] as number);
      if (isOpen && distance >= (this.#from[note] as number) && distance <= (this.#to[note] as number)) return true;
      note = this.#older[note] as number;
      // A note of an arm that has ended never holds again.
      if (!isOpen && seen === 0) this.#heads[root] = note;
    }
    return false;
  }

  /** Records that the page of `root + distance`, an address in bounds, is marked. */
  add(root: number, distance: number): void {
    const note = this.#count++;
    // The page of a constant address is known, so all of it is covered.
    const first = root === CONSTANT ? distance - (distance % CARD_BYTES) : distance;
    const last = root === CONSTANT ? first + CARD_BYTES - 1 : distance;
    this.#from[note] = first - SLACK;
    this.#to[note] = last + SLACK - MAX_STORE_BYTES;
    this.#depths[note] = this.#control.depth;
    this.#arms[note] = this.#control.id;
    this.#older[note] = this.#headOf(root);
    this.#heads[root] = note;
  }

  #headOf(root: number): number {
    for (; this.#rootCount <= root; this.#rootCount++) this.#heads[this.#rootCount] = NONE;
    return this.#heads[root] as number;
  }
}
