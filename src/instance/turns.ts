/** A guest that waits for its turn, and how long it has run by then. */
interface Waiting {
  readonly resume: () => void;
  readonly usedMs: number;
}

/**
 * Guests that run for long: in each turn of the event loop they go on, one after the other, for as long as a slice. Who has waited longest has every
 * other turn, who has run least the others: so one that needs little is soon done, however many need much.
 *
 * One that holds the thread for long, where it cannot be suspended, has a turn of the loop to itself: those that would begin or go on after it
 * in the same turn are put in the queue. Else any number of them would hold the thread in a row, and no signal would be heard meanwhile.
 *
 * While other guests are at work too, the loop is theirs for a while first, so that they have about half of the time.
 */
export class Turns {
  readonly #pauseMs: number;
  readonly #waiting: Waiting[] = [];
  #next: 'oldest' | 'least' = 'oldest';
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
      this.#held = setImmediate(() => (this.#held = undefined));
    });
  }

  /** Resolves in another turn of the loop where a guest has held the thread for long in this one; else `undefined`. As `next`. */
  readonly afterHeld = (usedMs: number): Promise<void> | undefined =>
    this.#held === undefined ? undefined : this.next(usedMs);

  /** Resolves when it is the turn of a guest that has run for `usedMs` by now. */
  next(usedMs: number): Promise<void> {
    if (!this.#isTaking) {
      this.#isTaking = true;
      setImmediate(this.#take);
    }
    return new Promise((resume) => this.#waiting.push({ resume, usedMs }));
  }

  readonly #take = (): void => {
    if (this.#waiting.length === 0) this.#isTaking = false;
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
    this.#takeNext()?.resume();
    queueMicrotask(() => process.nextTick(() => this.#resumeMore(endMs)));
  }

  #takeNext(): Waiting | undefined {
    const isOldest = this.#next === 'oldest';
    this.#next = isOldest ? 'least' : 'oldest';
    if (isOldest || this.#waiting.length < 2) return this.#waiting.shift();
    let least = 0;
    for (const [index, { usedMs }] of this.#waiting.entries()) {
      if (usedMs < (this.#waiting[least]?.usedMs ?? 0)) least = index;
    }
    return this.#waiting.splice(least, 1)[0];
  }

  #resumeMore(endMs: number): void {
    if (this.#waiting.length > 0 && performance.now() < endMs) this.#resume(endMs);
    else setImmediate(this.#take);
  }
}
