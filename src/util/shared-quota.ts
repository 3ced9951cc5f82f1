import { callEach } from './bug.ts';
import { collectGarbage } from './collect.ts';

/** What one owner holds of a quota: nothing at first. */
export interface Holding {
  readonly quota: SharedQuota;
  readonly owner: WeakRef<object>;
  /** For the quota to change. */
  amount: number;
}

/** Collections for which nobody let go of anything take at most one part in so many of the thread's time, however much is asked for. */
const COLLECTION_SHARE = 10;

/**
 * An amount that many owners hold together, each for as long as it lives: their memory is free when V8 has collected it, and not before.
 *
 * Where too little is left, owners that nobody needs are let go of, and garbage is collected at once, but not too often.
 */
export class SharedQuota {
  readonly max: number;
  /** Those of which something is held. */
  readonly #holdings = new Set<Holding>();
  readonly #collected = new FinalizationRegistry<Holding>((holding) => this.#set(holding, 0));
  readonly #lettersGo = new Set<() => boolean>();
  readonly #listeners = new Set<() => void>();
  #sum = 0;
  /** As of `performance.now()`: when garbage may be collected again. */
  #nextCollectionMs = 0;

  constructor(max: number) {
    this.max = max;
  }

  /** How much is held now, by owners that V8 has not found to be garbage. */
  get sum(): number {
    return this.#sum;
  }

  /** A holding that ends with its owner. */
  hold(owner: object): Holding {
    const holding = { quota: this, owner: new WeakRef(owner), amount: 0 };
    this.#collected.register(owner, holding);
    return holding;
  }

  /** Changes what an owner holds: not where too little is left. */
  resize(holding: Holding, amount: number): boolean {
    const more = amount - holding.amount;
    if (!this.#hasRoomFor(more) && !this.#makeRoomFor(more)) {
      callEach(this.#listeners);
      return false;
    }
    this.#set(holding, amount);
    return true;
  }

  /** Has `letGo` called where too little is left: it lets go of owners that nobody needs, and says whether there were any. Returns what ends that. */
  onShort(letGo: () => boolean): () => void {
    this.#lettersGo.add(letGo);
    return () => void this.#lettersGo.delete(letGo);
  }

  /** Has `tell` called each time that somebody is refused. Returns what ends that. */
  onRefused(tell: () => void): () => void {
    this.#listeners.add(tell);
    return () => void this.#listeners.delete(tell);
  }

  #hasRoomFor(more: number): boolean {
    return more <= 0 || this.#sum + more <= this.max;
  }

  #makeRoomFor(more: number): boolean {
    if (more > this.max) return false;
    const startMs = performance.now();
    const isWorthIt = this.#letGo() || startMs >= this.#nextCollectionMs;
    if (!isWorthIt) return false;
    collectGarbage('sync');
    for (const holding of this.#holdings) if (holding.owner.deref() === undefined) this.#set(holding, 0);
    const endMs = performance.now();
    this.#nextCollectionMs = endMs + COLLECTION_SHARE * (endMs - startMs);
    return this.#hasRoomFor(more);
  }

  /** Has all let go, and says whether any did. */
  #letGo(): boolean {
    return Array.from(this.#lettersGo, (letGo) => letGo()).includes(true);
  }

  #set(holding: Holding, amount: number): void {
    this.#sum += amount - holding.amount;
    holding.amount = amount;
    if (amount === 0) this.#holdings.delete(holding);
    else this.#holdings.add(holding);
  }
}
