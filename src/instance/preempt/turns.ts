import { afterResumed } from '../../io/after-resumed.ts';
import { TurnQueue } from '../../io/turn-queue.ts';

/**
 * Schedules guests that run for long: in each turn of the event loop they resume, one after the other, for up to a time slice.
 *
 * While other guests are at work too, the loop is left to them for a while first, so that they get about half of the time.
 */
export class Turns {
  readonly #pauseMs: number;
  readonly #running = new TurnQueue();
  #isTaking = false;
  #othersRan = false;
  #endMs = 0;

  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  /** Another guest has started to run, or resumed. */
  otherRan(): void {
    this.#othersRan = true;
  }

  /** Resolves when it is the turn of a guest that has run for `usedMs` so far. */
  next(usedMs: number): Promise<void> {
    if (!this.#isTaking) {
      this.#isTaking = true;
      setImmediate(this.#take);
    }
    return this.#running.wait(usedMs);
  }

  readonly #take = (): void => {
    if (this.#running.size === 0) this.#isTaking = false;
    else if (this.#othersRan) setTimeout(this.#goOn, this.#pauseMs);
    else this.#goOn();
  };

  readonly #goOn = (): void => {
    const nowMs = performance.now();
    this.#othersRan = false;
    this.#endMs = nowMs + this.#pauseMs;
    this.#resumeNext(nowMs);
  };

  readonly #resumeMore = afterResumed(() => {
    const nowMs = performance.now();
    if (this.#running.size > 0 && nowMs < this.#endMs) this.#resumeNext(nowMs);
    else setImmediate(this.#take);
  });

  /** Resumes guests one after the other until the slice ends: a turn of the loop can be long, and many of them need little more. */
  #resumeNext(nowMs: number): void {
    this.#running.resumeNext(nowMs);
    this.#resumeMore();
  }
}
