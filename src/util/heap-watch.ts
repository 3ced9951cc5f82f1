import { getHeapStatistics } from 'node:v8';
import { callEach } from './bug.ts';
import { collectGarbage } from './collect.ts';

/** The share of V8's heap from which all garbage is collected, so that what is left is alive. V8 itself would collect a little later. */
const WORTH_A_COLLECTION = 0.6;
/** The live share from which the heap counts as nearly full: much beyond it V8 does nothing but collect. */
const FULL = 0.4;

/** How long a sample of the heap stays valid. */
const SAMPLE_MS = 2;
/** How often garbage is collected while the heap is full: with no request admitted, V8 has no reason to collect. */
const COLLECT_MS = 1000;

/** Why guests are ended, or not started, while the heap is full. */
export const HEAP_IS_FULL = "the heap that all guests share is nearly full (Node's --max-old-space-size)";

/** Detects that V8's heap is nearly full, before V8 ends the process: it contains what the host holds for guests, and guests' tables and structs. */
export class HeapWatch {
  readonly #listeners = new Set<() => void>();
  #sampledMs = -SAMPLE_MS;
  #collectedMs = -COLLECT_MS;
  #isFull = false;

  /** `nowMs` is `performance.now()`. */
  isFull(nowMs: number): boolean {
    if (nowMs - this.#sampledMs >= SAMPLE_MS) this.#sample(nowMs);
    return this.#isFull;
  }

  /** Calls `tell` each time the heap becomes full. Returns an unsubscribe function. */
  onFull(tell: () => void): () => void {
    this.#listeners.add(tell);
    return () => void this.#listeners.delete(tell);
  }

  #sample(nowMs: number): void {
    this.#sampledMs = nowMs;
    if (this.#isFull) this.#resample(nowMs);
    else if (usedShare() > WORTH_A_COLLECTION) this.#confirm();
  }

  #confirm(): void {
    collectGarbage('sync');
    this.#isFull = usedShare() > FULL;
    if (this.#isFull) callEach(this.#listeners);
  }

  #resample(nowMs: number): void {
    this.#isFull = usedShare() > FULL;
    if (!this.#isFull || nowMs - this.#collectedMs < COLLECT_MS) return;
    this.#collectedMs = nowMs;
    collectGarbage('async');
  }
}

function usedShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used / limit;
}
