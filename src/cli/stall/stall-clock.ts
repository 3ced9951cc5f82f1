/** What whoever watches has to do now: `ask` whether the watched one turns, once; or end it. */
export type Finding = 'ask' | 'wait' | 'stalled' | 'overdue';

/** A look at the clock later than this many of its usual intervals: somebody stopped the process, or the machine. */
const MAX_INTERVALS = 2;

/**
 * Finds that something no longer turns: it is asked at one tick and has to answer within a bound.
 *
 * Time is counted by ticks, no two intervals between two of them at most. So the time does not count in which nobody ran: a stopped process,
 * a frozen container, a machine that slept, or one so busy that the ticks come late too.
 */
export class StallClock {
  readonly #intervalMs: number;
  #asked = 0;
  #unansweredMs = 0;
  #finishLeftMs = Infinity;
  #finishingMs = 0;

  /** `intervalMs`: between two ticks, usually. */
  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** How long the question has had no answer, 0 where it has. */
  get unansweredMs(): number {
    return this.#unansweredMs;
  }

  /** How long ago it was to end. */
  get finishingMs(): number {
    return this.#finishingMs;
  }

  /** Whether it has answered all that it was asked. */
  isAnswered(answers: number): boolean {
    return answers >= this.#asked;
  }

  /** What it was asked so far no longer counts. */
  restart(): void {
    this.#asked = 0;
    this.#unansweredMs = 0;
  }

  /** It has to end within a time: the first that is said. */
  finishWithin(ms: number): void {
    if (this.#finishLeftMs === Infinity) this.#finishLeftMs = ms;
  }

  /** Some time has passed. `answers`: how many there were in all; `boundMs`: how long one may take, 0 for as long as it likes. */
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
