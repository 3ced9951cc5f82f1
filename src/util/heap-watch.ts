import { getHeapStatistics } from 'node:v8';
import { callEach } from './bug.ts';
import { collectGarbage } from './collect.ts';

/** Of V8's heap. Where so much is used, all garbage is collected: what is left is alive. V8 itself collects a little later. */
const WORTH_A_COLLECTION = 0.6;
/** Where so much is alive it is nearly full: much later V8 does nothing but collect. */
const FULL = 0.4;

/** How long a look holds. */
const LOOK_MS = 2;
/** How often garbage is collected while the heap is full: once nobody is let in, V8 has no reason to. */
const COLLECT_MS = 1000;

/** Why guests are ended or not begun while it is full. */
export const HEAP_IS_FULL = 'the heap that all guests share is nearly full (--max-old-space-size of Node)';

/** Knows when V8's heap is nearly full, on which V8 would end the process: there is what guests have the host hold, and their tables and structs. */
export class HeapWatch {
  readonly #listeners = new Set<() => void>();
  #lookedMs = -LOOK_MS;
  #collectedMs = -COLLECT_MS;
  #isFull = false;

  /** `nowMs` is `performance.now()`. */
  isFull(nowMs: number): boolean {
    if (nowMs - this.#lookedMs >= LOOK_MS) this.#look(nowMs);
    return this.#isFull;
  }

  /** Has `tell` called each time that it has become full. Returns what ends that. */
  onFull(tell: () => void): () => void {
    this.#listeners.add(tell);
    return () => void this.#listeners.delete(tell);
  }

  #look(nowMs: number): void {
    this.#lookedMs = nowMs;
    if (this.#isFull) this.#lookAgain(nowMs);
    else if (usedShare() > WORTH_A_COLLECTION) this.#lookCloser();
  }

  #lookCloser(): void {
    collectGarbage('sync');
    this.#isFull = usedShare() > FULL;
    if (this.#isFull) callEach(this.#listeners);
  }

  #lookAgain(nowMs: number): void {
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
