/** When the oldest has waited for longer than this, there is more than can be served soon. */
const CROWDED_MS = 500;

/**
 * What waits for its turn. What has waited longest is next; but in a crowd that and what came last have their turns alternately: each has its turn in the
 * end, and what comes after the crowd need not wait until all of it is done.
 */
export class FairQueue<T> {
  #waiting: { readonly item: T; readonly sinceMs: number }[] = [];
  /** How many of the oldest have had their turn: they are removed now and then. */
  #served = 0;
  #next: 'oldest' | 'newest' = 'oldest';

  get size(): number {
    return this.#waiting.length - this.#served;
  }

  add(item: T): void {
    this.#waiting.push({ item, sinceMs: performance.now() });
  }

  /** Whose turn it is. */
  take(): T | undefined {
    if (this.size === 0) return undefined;
    const isOldest = this.#next === 'oldest' || !this.#isCrowded;
    this.#next = isOldest ? 'newest' : 'oldest';
    return (isOldest ? this.#takeOldest() : this.#waiting.pop())?.item;
  }

  /** Whether `item` was waiting. */
  remove(item: T): boolean {
    const index = this.#waiting.findIndex((entry, at) => at >= this.#served && entry.item === item);
    if (index !== -1) this.#waiting.splice(index, 1);
    return index !== -1;
  }

  #takeOldest(): { readonly item: T } | undefined {
    const oldest = this.#waiting[this.#served];
    this.#served += 1;
    if (2 * this.#served >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#served);
      this.#served = 0;
    }
    return oldest;
  }

  get #isCrowded(): boolean {
    const oldest = this.#waiting[this.#served];
    return oldest !== undefined && performance.now() - oldest.sinceMs > CROWDED_MS;
  }
}
