import { MAX_TIMER_MS } from '../util/timers.ts';

/** Calls `elapsed` once after `delayMs`, as exactly as Node's timers; 0 is the next turn of the loop. Disposing stops it. */
export class Countdown implements Disposable {
  readonly #elapsed: () => void;
  readonly #delayMs: number;
  #timeout: NodeJS.Timeout | undefined;

  constructor(delayMs: number, elapsed: () => void) {
    this.#elapsed = elapsed;
    this.#delayMs = Math.min(delayMs, MAX_TIMER_MS);
  }

  /** Starts, or restarts, the countdown from now. */
  start(): void {
    if (this.#timeout === undefined) this.#timeout = setTimeout(this.#elapsed, this.#delayMs);
    else this.#timeout.refresh();
  }

  stop(): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
