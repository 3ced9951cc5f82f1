import { StallClock } from '../stall/stall-clock.ts';

/** How often each worker is pinged. */
export const CHECK_INTERVAL_MS = 1000;
/** A worker that has been silent for this long counts as not responding: its clients would be waiting too. */
const SILENT_MS = 2 * CHECK_INTERVAL_MS;

/** Whether a worker's event loop is turning, as its primary sees it: the worker answers pings. */
export class WorkerTurns {
  readonly #clock = new StallClock(CHECK_INTERVAL_MS);
  readonly #ask: () => void;
  #answers = 0;

  /** `ask` pings the worker. */
  constructor(ask: () => void) {
    this.#ask = ask;
  }

  /** The worker has answered, or sent any other message. */
  answered(): void {
    this.#answers += 1;
  }

  get isAnswering(): boolean {
    return this.#clock.isAnswered(this.#answers) || this.#clock.unansweredMs < SILENT_MS;
  }

  get silentMs(): number {
    return this.#clock.unansweredMs;
  }

  /** `passedMs` is the time since the last check. Returns whether the worker has been silent for `boundMs`; 0 is no bound. */
  check(passedMs: number, boundMs: number): boolean {
    const finding = this.#clock.tick(passedMs, this.#answers, boundMs);
    if (finding === 'ask') this.#ask();
    return finding === 'stalled';
  }
}
