import { callEach } from './bug.ts';
import { collectGarbage } from './collect.ts';

/** What one owner holds of a quota: nothing at first. */
export interface Holding {
  readonly quota: SharedQuota;
  readonly owner: WeakRef<object>;
  /** For the quota to change. */
  amount: number;
  /** Whether somebody needs the owner. For the quota to change. */
  state: 'needed' | 'left';
}

/** So many bytes of owners that nobody needs are worth a collection; V8, which sees only their handles, may take half a minute to begin one. */
const WORTH_COLLECTING_BYTES = 64 * 1024 * 1024;
/** How long it waits for others to be left, and at most if they are not found to be garbage: something may refer to them for ever. */
const COLLECT_AFTER_MS = 500;
const MAX_COLLECT_AFTER_MS = 16_000;

/** Collections for which nobody let go of anything take at most one part in so many of the thread's time, however much is asked for. */
const COLLECTION_SHARE = 10;
/** The same for those that collect what was left: they give back what they cost. */
const LEFT_COLLECTION_SHARE = 3;

/**
 * An amount that many owners hold together, each for as long as it lives: their memory is free when V8 has collected it, and not before.
 *
 * If too little remains, owners that nobody needs are let go of, and garbage is collected immediately, but not too often. If owners that held much are
 * left, it is collected soon.
 */
export class SharedQuota {
  readonly max: number;
  /** Those of which something is held. */
  readonly #holdings = new Set<Holding>();
  readonly #collected = new FinalizationRegistry<Holding>((holding) => this.#set(holding, 0));
  readonly #lettersGo = new Set<() => boolean>();
  readonly #listeners = new Set<() => void>();
  #sum = 0;
  /** As of `performance.now()`: when garbage was last collected, and how long that took. */
  #collectedMs = -Infinity;
  #collectionMs = 0;
  /** What owners hold that are left. */
  #leftSum = 0;
  #collecting: NodeJS.Timeout | undefined;
  #collectAfterMs = COLLECT_AFTER_MS;

  constructor(max: number) {
    this.max = max;
  }

  /** How much is held now, by owners that V8 has not found to be garbage. */
  get sum(): number {
    return this.#sum;
  }

  /** A holding that ends with its owner. */
  hold(owner: object): Holding {
    const holding: Holding = { quota: this, owner: new WeakRef(owner), amount: 0, state: 'needed' };
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

  /** Nobody needs the owner any more. */
  leave(holding: Holding): void {
    if (holding.state === 'left') return;
    holding.state = 'left';
    this.#leftSum += holding.amount;
    this.#collectSoon();
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
    const isWorthIt = this.#letGo() || this.#restMs(COLLECTION_SHARE) <= 0;
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

  /** Has all let go, and says whether any did. */
  #letGo(): boolean {
    return Array.from(this.#lettersGo, (letGo) => letGo()).includes(true);
  }

  #set(holding: Holding, amount: number): void {
    this.#sum += amount - holding.amount;
    if (holding.state === 'left') this.#leftSum += amount - holding.amount;
    holding.amount = amount;
    if (amount === 0) this.#holdings.delete(holding);
    else this.#holdings.add(holding);
  }
}
