/**
 * Guests that run for long, in the order in which they gave the thread back: in each turn of the event loop they go on, one after the other,
 * for as long as a slice.
 *
 * While other guests are at work too, the loop is theirs for a while first, so that they have about half of the time.
 */
export class Turns {
  readonly #pauseMs: number;
  readonly #waiting: (() => void)[] = [];
  #isTaking = false;
  #othersRan = false;

  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  /** Another guest has begun to run, or gone on. */
  otherRan(): void {
    this.#othersRan = true;
  }

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    if (!this.#isTaking) {
      this.#isTaking = true;
      setImmediate(this.#take);
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  readonly #take = (): void => {
    if (this.#waiting.length === 0) this.#isTaking = false;
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
    this.#waiting.shift()?.();
    queueMicrotask(() => process.nextTick(() => this.#resumeMore(endMs)));
  }

  #resumeMore(endMs: number): void {
    if (this.#waiting.length > 0 && performance.now() < endMs) this.#resume(endMs);
    else setImmediate(this.#take);
  }
}
