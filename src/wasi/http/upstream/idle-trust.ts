/** How long a connection must have lasted without a request before its upstream is taken for one that keeps connections. */
const MIN_LASTED_MS = 1_000;
/** Guests choose the targets. Those beyond are forgotten, the ones first that nothing was learned of for longest. */
const MAX_TARGETS = 1_000;

/**
 * Which upstreams keep connections without a request open, and for how long: so much as was seen.
 *
 * A request that must not be sent twice cannot be taken back from a connection that its upstream is just closing. No look at a socket can tell, for
 * what closes it may be on its way. But an upstream whose connections have lasted for some time is not about to close one that rests for less than half of
 * that. One connection that is closed earlier than others have lasted, and nothing is trusted any more.
 */
export class IdleTrust {
  readonly #lastedMs = new Map<string, number>();

  /** Whether a connection to the target will still be open that has been without a request for `idleMs`. */
  trusts(key: string, idleMs: number): boolean {
    const lastedMs = this.#lastedMs.get(key) ?? 0;
    return lastedMs >= MIN_LASTED_MS && idleMs <= lastedMs / 2;
  }

  /** A connection to the target is open after `idleMs` without a request. */
  lasted(key: string, idleMs: number): void {
    const lastedMs = this.#lastedMs.get(key) ?? 0;
    if (idleMs < MIN_LASTED_MS || idleMs <= lastedMs) return;
    this.#lastedMs.delete(key);
    this.#lastedMs.set(key, idleMs);
    const [oldest] = this.#lastedMs.keys();
    if (this.#lastedMs.size > MAX_TARGETS && oldest !== undefined) this.#lastedMs.delete(oldest);
  }

  /** The upstream closed a connection that had been without a request for `idleMs`. */
  closed(key: string, idleMs: number): void {
    if (idleMs < (this.#lastedMs.get(key) ?? 0)) this.#lastedMs.delete(key);
  }
}
