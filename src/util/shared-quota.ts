import { callEach } from './bug.ts';
import { collectGarbage } from './collect.ts';

/** What one owner holds of a quota: initially nothing. */
export interface Holding {
  readonly quota: SharedQuota;
  readonly owner: WeakRef<object>;
  /** Only the quota changes it. */
  amount: number;
  /** Whether the owner is still needed. Only the quota changes it. */
  state: 'needed' | 'left';
}

/** A garbage collection is worthwhile for this many bytes of owners that are no longer needed. V8 sees only their handles, and may take half a minute to begin one. */
const WORTH_COLLECTING_BYTES = 64 * 1024 * 1024;
/** How long to wait for more owners to be left, and the longest wait if they turn out not to be garbage: something may refer to them forever. */
const COLLECT_AFTER_MS = 500;
const MAX_COLLECT_AFTER_MS = 16_000;

/** Collections for which nothing was released take at most one part in this many of the thread's time, however much is requested. */
const COLLECTION_SHARE = 10;
/** The same for collections of owners that were left: they free enough to be worth their cost. */
const LEFT_COLLECTION_SHARE = 3;

/**
 * A quota shared by many owners, each of which holds its part for as long as it lives: memory is only free once V8 has collected the owner.
 *
 * If too little remains, owners that are not needed are released, and garbage is collected immediately, but not too often. If owners that held much
 * are left, garbage is collected soon.
 *
 * @example
 * ```ts
 * // The memories of both components' guests together hold at most 1 GiB.
 * const memory = new SharedQuota(1024 ** 3);
 * const one = await loadComponent('one.wasm', { memory });
 * const other = await loadComponent('other.wasm', { memory });
 * ```
 */
export class SharedQuota {
  readonly max: number;
  /** Holdings with an amount above 0. */
  readonly #holdings = new Set<Holding>();
  readonly #collected = new FinalizationRegistry<Holding>((holding) => this.#set(holding, 0));
  readonly #onLowMemory = new Set<() => boolean>();
  readonly #listeners = new Set<() => void>();
  #sum = 0;
  /** When garbage was last collected, on the clock of `performance.now()`, and how long that took. */
  #collectedMs = -Infinity;
  #collectionMs = 0;
  /** What the owners that were left still hold. */
  #leftSum = 0;
  #collecting: NodeJS.Timeout | undefined;
  #collectAfterMs = COLLECT_AFTER_MS;

  constructor(max: number) {
    this.max = max;
  }

  /** How much is held now, by owners that V8 has not collected. */
  get sum(): number {
    return this.#sum;
  }

  /** Creates a holding that ends with its owner. */
  hold(owner: object): Holding {
    const holding: Holding = { quota: this, owner: new WeakRef(owner), amount: 0, state: 'needed' };
    this.#collected.register(owner, holding);
    return holding;
  }

  /** Changes what an owner holds. Returns `false`, and changes nothing, if too little is left. */
  resize(holding: Holding, amount: number): boolean {
    const more = amount - holding.amount;
    if (!this.#hasRoomFor(more) && !this.#makeRoomFor(more)) {
      callEach(this.#listeners);
      return false;
    }
    this.#set(holding, amount);
    return true;
  }

  /** The owner is no longer needed. */
  leave(holding: Holding): void {
    if (holding.state === 'left') return;
    holding.state = 'left';
    this.#leftSum += holding.amount;
    this.#collectSoon();
  }

  /** Calls `release` when too little is left: it releases owners that are not needed, and returns whether there were any. Returns an unsubscribe function. */
  onLowMemory(release: () => boolean): () => void {
    this.#onLowMemory.add(release);
    return () => void this.#onLowMemory.delete(release);
  }

  /** Calls `tell` each time a request for more is refused. Returns an unsubscribe function. */
  onRefused(tell: () => void): () => void {
    this.#listeners.add(tell);
    return () => void this.#listeners.delete(tell);
  }

  #hasRoomFor(more: number): boolean {
    return more <= 0 || this.#sum + more <= this.max;
  }

  #makeRoomFor(more: number): boolean {
    if (more > this.max) return false;
    const isWorthIt = this.#release() || this.#restMs(COLLECTION_SHARE) <= 0;
    if (!isWorthIt) return false;
    this.#collect();
    return this.#hasRoomFor(more);
  }

  #collectSoon(): void {
    if (this.#leftSum < WORTH_COLLECTING_BYTES || this.#collecting !== undefined) return;
    const delayMs = Math.max(this.#collectAfterMs, this.#restMs(LEFT_COLLECTION_SHARE));
    this.#collecting = setTimeout(() => {
      this.#collecting = undefined;
      this.#collect();
      const isDone = this.#leftSum < WORTH_COLLECTING_BYTES;
      this.#collectAfterMs = isDone ? COLLECT_AFTER_MS : Math.min(2 * this.#collectAfterMs, MAX_COLLECT_AFTER_MS);
      this.#collectSoon();
    }, delayMs).unref();
  }

  #collect(): void {
    const startMs = performance.now();
    collectGarbage('sync');
    for (const holding of this.#holdings) if (holding.owner.deref() === undefined) this.#set(holding, 0);
    this.#collectedMs = performance.now();
    this.#collectionMs = this.#collectedMs - startMs;
  }

  /** How long until another collection takes no more than one part in `share` of the thread's time. */
  #restMs(share: number): number {
    return this.#collectedMs + share * this.#collectionMs - performance.now();
  }

  /** Asks everyone to release what they can, and returns whether anyone did. */
  #release(): boolean {
    return Array.from(this.#onLowMemory, (release) => release()).includes(true);
  }

  #set(holding: Holding, amount: number): void {
    this.#sum += amount - holding.amount;
    if (holding.state === 'left') this.#leftSum += amount - holding.amount;
    holding.amount = amount;
    if (amount === 0) this.#holdings.delete(holding);
    else this.#holdings.add(holding);
  }
}
