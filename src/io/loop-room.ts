import { afterResumed } from './after-resumed.ts';
import { ConnectionsFirst } from './connections-first.ts';
import { type Beginner, TurnQueue } from './turn-queue.ts';

/** How long guests may run in one turn of the event loop. */
const TURN_MS = 20;

/**
 * How much of a turn of the event loop guests may take before it polls again. When they have had it, those that would begin or go on wait for a later turn:
 * otherwise any number of them could hold the thread in a row, and no timer, signal or connection would be handled meanwhile.
 */
export class LoopRoom {
  readonly #queue = new TurnQueue();
  readonly #onTurn = (): void => this.#turn();
  readonly #resumeMoreAfterwards = afterResumed(() => this.#resumeMore());
  readonly #connectionsFirst = new ConnectionsFirst();
  #isTiming = false;
  /** When this turn began, and when guests have had their part of it. */
  #beganMs = 0;
  #endMs = 0;

  /** A connection was accepted: no other guest runs in this turn. */
  giveWay(): void {
    this.#connectionsFirst.accepted();
    this.#endMs = 0;
  }

  /** `undefined` if a guest that has not begun may do so now; otherwise resolves when it may. */
  begin(kind: Beginner): Promise<void> | undefined {
    return this.#isFree() ? undefined : this.#queue.waitToBegin(kind);
  }

  /** The same for one without a place, but in a later turn of the loop: what comes in this one may be for it. */
  beginLater(): Promise<void> {
    if (!this.#isTiming) this.#beginTurn(performance.now());
    return this.#queue.waitToBegin('unplaced', this.#beganMs);
  }

  /** `undefined` if a guest that waited may go on now; otherwise resolves when it may. `usedMs`: how long it has run so far. */
  goOn(usedMs: number): Promise<void> | undefined {
    return this.#isFree() ? undefined : this.#queue.wait(usedMs);
  }

  #isFree(): boolean {
    return this.#queue.size === 0 && this.#hasRoom();
  }

  #hasRoom(): boolean {
    const nowMs = performance.now();
    if (!this.#isTiming) this.#beginTurn(nowMs);
    return nowMs < this.#endMs;
  }

  /** The loop polls once before the next turn begins. */
  #beginTurn(nowMs: number): void {
    this.#isTiming = true;
    setImmediate(this.#onTurn);
    this.#beganMs = nowMs;
    this.#endMs = nowMs + this.#connectionsFirst.allow(TURN_MS, nowMs);
  }

  #turn(): void {
    this.#isTiming = false;
    if (this.#queue.size === 0) return;
    const nowMs = performance.now();
    this.#beginTurn(nowMs);
    this.#resumeNext(nowMs);
  }

  #resumeMore(): void {
    if (this.#queue.size > 0) this.#resumeNext(performance.now());
  }

  #resumeNext(nowMs: number): void {
    if (nowMs >= this.#endMs) return;
    this.#queue.resumeNext(nowMs);
    this.#resumeMoreAfterwards();
  }
}
