import { collectGarbage } from './collect.ts';

/** What one owner holds. */
export interface Holding {
  /** Has it hold more, or less: not where the quota has too little left. */
  resize(amount: number): boolean;
}

/** Collections that nobody let go of anything for take at most one part in so many of the thread's time, however much is asked for. */
const COLLECTION_SHARE = 10;

/**
 * An amount that many owners hold together, each for as long as it lives: their memory is free when V8 has collected it, and not before.
 *
 * Where too little is left, owners that nobody needs are let go of, and garbage is collected at once, but not too often.
 */
export class SharedQuota {
  readonly max: number;
  readonly #held = new Map<WeakRef<object>, number>();
  readonly #collected = new FinalizationRegistry<WeakRef<object>>((owner) => this.#set(owner, 0));
  readonly #lettersGo = new Set<() => boolean>();
  readonly #refused = new Set<() => void>();
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

  /** Has `owner` hold `amount`; `undefined` where too little is left. */
  hold(owner: object, amount: number): Holding | undefined {
    const ref = new WeakRef(owner);
    if (!this.#resize(ref, amount)) return undefined;
    this.#collected.register(owner, ref);
    return { resize: (wanted) => this.#resize(ref, wanted) };
  }

  /** Has `letGo` called where too little is left: it lets go of owners that nobody needs, and says whether there were any. Returns what ends that. */
  onShort(letGo: () => boolean): () => void {
    this.#lettersGo.add(letGo);
    return () => void this.#lettersGo.delete(letGo);
  }

  /** Has `tell` called each time that somebody is refused. Returns what ends that. */
  onRefused(tell: () => void): () => void {
    this.#refused.add(tell);
    return () => void this.#refused.delete(tell);
  }

  #resize(owner: WeakRef<object>, amount: number): boolean {
    const more = amount - (this.#held.get(owner) ?? 0);
    if (!this.#hasRoomFor(more) && !this.#makeRoomFor(more)) {
      for (const tell of this.#refused) tell();
      return false;
    }
    this.#set(owner, amount);
    return true;
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
    for (const owner of this.#held.keys()) if (owner.deref() === undefined) this.#set(owner, 0);
    const endMs = performance.now();
    this.#nextCollectionMs = endMs + COLLECTION_SHARE * (endMs - startMs);
    return this.#hasRoomFor(more);
  }

  /** Has all let go, and says whether any did. */
  #letGo(): boolean {
    return Array.from(this.#lettersGo, (letGo) => letGo()).includes(true);
  }

  /** An owner that holds nothing is forgotten. */
  #set(owner: WeakRef<object>, amount: number): void {
    this.#sum += amount - (this.#held.get(owner) ?? 0);
    if (amount === 0) this.#held.delete(owner);
    else this.#held.set(owner, amount);
  }
}
