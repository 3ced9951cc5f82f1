/** When the oldest has waited for longer than this, there is more than can be served soon. */
const CROWDED_MS = 500;

/** When so many have had their turn, they are removed, unless more are waiting: moving those takes longer. */
const MAX_SERVED = 256;

/**
 * What waits for its turn. What has waited longest is next; but in a crowd that and what came last have their turns alternately: each has its turn in the
 * end, and what comes after the crowd need not wait until all of it is done.
 *
 * Times are as of `performance.now()`; a caller that has just read the clock passes it on.
 */
export class FairQueue<T> {
  readonly #items: T[] = [];
  /** Since when each waits. */
  readonly #sinceMs: number[] = [];
  /** How many of the oldest have had their turn. */
  #served = 0;
  #next: 'oldest' | 'newest' = 'oldest';

  get size(): number {
    return this.#items.length - this.#served;
  }

  add(item: T, nowMs = performance.now()): void {
    this.#items.push(item);
    this.#sinceMs.push(nowMs);
  }

  /** Whose turn it is. */
  take(nowMs = performance.now()): T | undefined {
    if (this.size === 0) return undefined;
    const isOldest = this.#next === 'oldest' || !this.#isCrowded(nowMs);
    this.#next = isOldest ? 'newest' : 'oldest';
    return isOldest ? this.#takeOldest() : this.#takeNewest();
  }

  /** Whether `item` was waiting. */
  remove(item: T): boolean {
    const index = this.#items.indexOf(item, this.#served);
    if (index === -1) return false;
    this.#items.splice(index, 1);
    this.#sinceMs.splice(index, 1);
    return true;
  }

  #takeOldest(): T {
    const oldest = this.#items[this.#served] as T;
    this.#served += 1;
    if (this.size === 0 || (this.#served >= MAX_SERVED && this.#served >= this.size)) this.#removeServed();
    return oldest;
  }

  #takeNewest(): T {
    this.#sinceMs.pop();
    return this.#items.pop() as T;
  }

  #removeServed(): void {
    this.#items.splice(0, this.#served);
    this.#sinceMs.splice(0, this.#served);
    this.#served = 0;
  }

  #isCrowded(nowMs: number): boolean {
    return nowMs - (this.#sinceMs[this.#served] as number) > CROWDED_MS;
  }
}
