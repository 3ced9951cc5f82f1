import { afterResumed } from './after-resumed.ts';
import { ConnectionsFirst } from './connections-first.ts';
import { FairQueue } from './fair-queue.ts';

/** How long waiting work may run in one turn of the event loop. */
const SLICE_MS = 5;

/**
 * A queue for work that can wait, which runs for a few milliseconds in each turn of the event loop. So however much of it there is,
 * new events are handled soon.
 */
export class LoopTurns {
  readonly #waiting = new FairQueue<() => void>();
  readonly #connectionsFirst = new ConnectionsFirst();
  #isTaking = false;
  #endMs = 0;

  /** A connection was accepted: waiting work does not run in this turn. */
  giveWay(): void {
    this.#connectionsFirst.accepted();
  }

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    if (!this.#isTaking) {
      this.#isTaking = true;
      setImmediate(this.#take);
    }
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  readonly #take = (): void => {
    const nowMs = performance.now();
    const allowedMs = this.#connectionsFirst.allow(SLICE_MS, nowMs);
    this.#endMs = nowMs + allowedMs;
    if (allowedMs === 0) setImmediate(this.#take);
    else this.#resumeNext(nowMs);
  };

  readonly #resumeMore = afterResumed(() => {
    const nowMs = performance.now();
    if (this.#waiting.size === 0) this.#isTaking = false;
    else if (nowMs < this.#endMs) this.#resumeNext(nowMs);
    else setImmediate(this.#take);
  });

  /** Resumes waiting work one after the other until the slice ends. */
  #resumeNext(nowMs: number): void {
    this.#waiting.take(nowMs)?.();
    this.#resumeMore();
  }
}
