import { TurnQueue } from './turn-queue.ts';

/** How long those that go on after the loop was held have the thread before the loop polls again. */
const AFTER_HELD_MS = 20;

/**
 * Guests that run for long: in each turn of the event loop they go on, one after the other, for as long as a slice.
 *
 * One that holds the thread for long, where it cannot be suspended, has a turn of the loop to itself: those that would begin or go on after it
 * in the same turn wait until the loop has polled, in a queue of their own. Else any number of them would hold the thread in a row, and no signal
 * would be heard meanwhile.
 *
 * While other guests are at work too, the loop is theirs for a while first, so that they have about half of the time.
 */
export class Turns {
  readonly #pauseMs: number;
  readonly #running = new TurnQueue();
  readonly #behindHeld = new TurnQueue();
  #isTaking = false;
  #othersRan = false;
  /** Until the loop has looked for what came meanwhile. */
  #held: NodeJS.Immediate | undefined;

  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  /** Another guest has begun to run, or gone on. */
  otherRan(): void {
    this.#othersRan = true;
  }

  /** A guest holds the thread for long. */
  held(): void {
    clearImmediate(this.#held);
    // The loop polls for events between the two, whether the guest runs before or after it does.
    this.#held = setImmediate(() => {
      this.#held = setImmediate(() => {
        this.#held = undefined;
        this.#goOnBehindHeld(performance.now() + AFTER_HELD_MS);
      });
    });
  }

  /**
   * Resolves in another turn of the loop where a guest has held the thread for long in this one; else `undefined`. Of a guest that has run for
   * `usedMs` by now.
   */
  readonly afterHeld = (usedMs: number): Promise<void> | undefined =>
    this.#held === undefined ? undefined : this.#behindHeld.wait(usedMs);

  /** Resolves when it is the turn of a guest that has run for `usedMs` by now. */
  next(usedMs: number): Promise<void> {
    if (!this.#isTaking) {
      this.#isTaking = true;
      setImmediate(this.#take);
    }
    return this.#running.wait(usedMs);
  }

  /** Until one holds the thread again, or so many have gone on that it comes to the same. */
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

  /** One after the other until `endMs`: a turn of the loop can be long, and many of these need little more. */
  #resume(endMs: number): void {
    // The guest runs after this has returned, before the next tick.
    this.#running.resumeNext();
    queueMicrotask(() => process.nextTick(() => this.#resumeMore(endMs)));
  }

  #resumeMore(endMs: number): void {
    if (this.#running.size > 0 && performance.now() < endMs) this.#resume(endMs);
    else setImmediate(this.#take);
  }
}
