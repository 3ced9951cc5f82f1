/** What the watcher must do now: `ask` the watched loop for an answer, once; `wait` for it; or end the process (`stalled`, `overdue`). */
export type Finding = 'ask' | 'wait' | 'stalled' | 'overdue';

/** If a tick is later than this many intervals, the process or the machine was stopped. */
const MAX_INTERVALS = 2;

/**
 * Detects that an event loop no longer turns: it is asked at one tick and has to answer within a bound.
 *
 * Time is counted by ticks, and at most two intervals count between two of them. So time in which nothing ran does not count: a stopped process, a
 * frozen container, a machine that slept, or one so busy that the ticks are late too.
 */
export class StallClock {
  readonly #intervalMs: number;
  #asked = 0;
  #unansweredMs = 0;
  #finishLeftMs = Infinity;
  #finishingMs = 0;

  /** `intervalMs` is the usual time between two ticks. */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** How long the last question has been unanswered; 0 if it was answered. */
  get unansweredMs(): number {
    return this.#unansweredMs;
  }

  /** How long ago the process was told to finish. */
  get finishingMs(): number {
    return this.#finishingMs;
  }

  /** Whether every question has been answered. */
  isAnswered(answers: number): boolean {
    return answers >= this.#asked;
  }

  /** Forgets the questions asked so far. */
  restart(): void {
    this.#asked = 0;
    this.#unansweredMs = 0;
  }

  /** The process must finish within `ms`. Only the first call counts. */
  finishWithin(ms: number): void {
    if (this.#finishLeftMs === Infinity) this.#finishLeftMs = ms;
  }

  /** `passedMs`: since the last tick; `answers`: how many there have been in total; `boundMs`: how long an answer may take, 0 for no bound. */
  tick(passedMs: number, answers: number, boundMs: number): Finding {
    const countedMs = Math.min(passedMs, MAX_INTERVALS * this.#intervalMs);
    const isAnswered = this.isAnswered(answers);
    this.#unansweredMs = isAnswered ? 0 : this.#unansweredMs + countedMs;
    if (this.#finishLeftMs < Infinity) this.#finishingMs += countedMs;
    if (this.#finishingMs >= this.#finishLeftMs) return 'overdue';
    if (boundMs > 0 && this.#unansweredMs >= boundMs) return 'stalled';
    if (!isAnswered) return 'wait';
    this.#asked = answers + 1;
    return 'ask';
  }
}
