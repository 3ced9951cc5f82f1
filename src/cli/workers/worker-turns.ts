import { StallClock } from '../stall/stall-clock.ts';

/** How often each worker is asked whether its event loop turns. */
export const LOOK_MS = 1000;
/** A worker that has been silent for so long counts as one that does not answer: clients of its would wait too. */
const SILENT_MS = 2 * LOOK_MS;

/** Whether a worker's event loop turns, as its primary sees it: it answers when it is asked. */
export class WorkerTurns {
  readonly #clock = new StallClock(LOOK_MS);
  readonly #ask: () => void;
  #answers = 0;

  /** `ask` has the worker answer. */
  constructor(ask: () => void) {
    this.#ask = ask;
  }

  /** The worker has answered, or said anything else. */
  answered(): void {
    this.#answers += 1;
  }

  get isAnswering(): boolean {
    return this.#clock.isAnswered(this.#answers) || this.#clock.unansweredMs < SILENT_MS;
  }

  get silentMs(): number {
    return this.#clock.unansweredMs;
  }

  /** Some time has passed since the last look. Returns whether the worker has been silent for `boundMs`, where that is not 0. */
  look(passedMs: number, boundMs: number): boolean {
    const finding = this.#clock.tick(passedMs, this.#answers, boundMs);
    if (finding === 'ask') this.#ask();
    return finding === 'stalled';
  }
}
