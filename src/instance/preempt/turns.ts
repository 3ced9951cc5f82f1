import { TurnQueue } from './turn-queue.ts';

/** How long guests that were delayed because another held the thread may run before the loop polls again. */
const AFTER_HELD_MS = 20;

/**
 * Schedules guests that run for long: in each turn of the event loop they resume, one after the other, for up to a time slice.
 *
 * A guest that holds the thread for long because it cannot be suspended gets a turn of the loop to itself: guests that would start or resume after it
 * in the same turn wait in a separate queue until the loop has polled. Otherwise any number of them could hold the thread in a row, and no signal would
 * be handled meanwhile.
 *
 * While other guests are at work too, the loop is left to them for a while first, so that they get about half of the time.
 */
export class Turns {
  readonly #pauseMs: number;
  readonly #running = new TurnQueue();
  readonly #behindHeld = new TurnQueue();
  #isTaking = false;
  #othersRan = false;
  /** True until the loop has polled for events. */
  #held: NodeJS.Immediate | undefined;

  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  /** Another guest has started to run, or resumed. */
  otherRan(): void {
    this.#othersRan = true;
  }

  /** A guest is holding the thread for long. */
  held(): void {
    clearImmediate(this.#held);
    // The loop polls for events between the two, whether the guest runs before or after that.
    this.#held = setImmediate(() => {
      this.#held = setImmediate(() => {
        this.#held = undefined;
        this.#goOnBehindHeld(performance.now() + AFTER_HELD_MS);
      });
    });
  }

  /**
   * If a guest has held the thread for long in this turn of the loop, resolves in a later one; otherwise `undefined`. `usedMs`: how long the calling
   * guest has run so far.
   */
  readonly afterHeld = (usedMs: number): Promise<void> | undefined =>
    this.#held === undefined ? undefined : this.#behindHeld.wait(usedMs);

  /** Resolves when it is the turn of a guest that has run for `usedMs` so far. */
  next(usedMs: number): Promise<void> {
    if (!this.#isTaking) {
      this.#isTaking = true;
      setImmediate(this.#take);
    }
    return this.#running.wait(usedMs);
  }

  /** Resumes delayed guests until one holds the thread again, or their time together adds up to as much. */
  #goOnBehindHeld(endMs: number): void {
    if (this.#held !== undefined || this.#behindHeld.size === 0) return;
    if (performance.now() >= endMs) {
      this.held();
      return;
    }
    this.#behindHeld.resumeNext();
    queueMicrotask(() => process.nextTick(() => this.#goOnBehindHeld(endMs)));
  }

  readonly #take = (): void => {
    if (this.#running.size === 0) this.#isTaking = false;
    else if (this.#held !== undefined) setImmediate(this.#take);
    else if (this.#othersRan) setTimeout(this.#goOn, this.#pauseMs);
    else this.#goOn();
  };

  readonly #goOn = (): void => {
    this.#othersRan = false;
    this.#resume(performance.now() + this.#pauseMs);
  };

  /** Resumes guests one after the other until `endMs`: a turn of the loop can be long, and many of them need little more. */
  #resume(endMs: number): void {
    // The guest runs after this returns, before the next tick.
    this.#running.resumeNext();
    queueMicrotask(() => process.nextTick(() => this.#resumeMore(endMs)));
  }

  #resumeMore(endMs: number): void {
    if (this.#running.size > 0 && performance.now() < endMs) this.#resume(endMs);
    else setImmediate(this.#take);
  }
}
