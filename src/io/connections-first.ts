/** The longest that connections keep other work from running. */
const MAX_WAIT_MS = 20;

/** How long that may run then. */
const SHORT_MS = 5;

/** Lets the event loop accept connections before other work runs. libuv accepts one in each turn of the loop, and more may wait. */
export class ConnectionsFirst {
  #isAccepting = false;
  /** When other work last might run. */
  #lastMs = 0;

  /** A connection was accepted. */
  accepted(): void {
    this.#isAccepting = true;
  }

  /** How long other work may run in a turn of the loop that begins now, where it may usually run for `ms`: not at all if connections go first. */
  allow(ms: number, nowMs: number): number {
    const goFirst = this.#isAccepting && nowMs - this.#lastMs < MAX_WAIT_MS;
    const allowed = this.#isAccepting ? Math.min(ms, SHORT_MS) : ms;
    this.#isAccepting = false;
    if (goFirst) return 0;
    this.#lastMs = nowMs;
    return allowed;
  }
}
