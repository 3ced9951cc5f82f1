/** How long a connection must have lasted without a request before its upstream is taken for one that keeps connections. */
const MIN_LASTED_MS = 1_000;
/** What an upstream does not want to keep it closes a moment after its reply, if not immediately. */
const MIN_RESTED_MS = 20;
/** For how long an upstream is not trusted that has closed a connection earlier than others had lasted. */
const DISTRUST_MS = 60_000;
/** Guests choose the targets. Those beyond are forgotten, the ones first that nothing was learned of for longest. */
const MAX_TARGETS = 1_000;

/** What is known of a target. */
interface Known {
  /** The longest that a connection was seen to last without a request. */
  readonly lastedMs: number;
  /** By `performance.now()`. */
  readonly distrustedUntilMs: number;
}

const NOTHING: Known = Object.freeze({ lastedMs: 0, distrustedUntilMs: 0 });

/**
 * Which kept connections are certain to stay open for another request: by what was seen of others to the same target.
 *
 * A request that must not be sent twice cannot be taken back from a connection that its upstream is just closing. No look at a socket can tell, for
 * what closes it may be on its way. But a connection that has rested for a moment is not one that its upstream closes after a reply; and one that
 * rests for less than half of the time that others have lasted is not about to be closed for its age.
 */
export class IdleTrust {
  readonly #known = new Map<string, Known>();

  /** Whether a connection to the target has rested for long enough. */
  hasRested(idleMs: number): boolean {
    return idleMs >= MIN_RESTED_MS;
  }

  /** Whether a connection to the target that has rested for `idleMs` will still be open. */
  trusts(key: string, idleMs: number): boolean {
    const { lastedMs, distrustedUntilMs } = this.#known.get(key) ?? NOTHING;
    if (!this.hasRested(idleMs) || performance.now() < distrustedUntilMs) return false;
    return lastedMs >= MIN_LASTED_MS && idleMs <= lastedMs / 2;
  }

  /** A connection to the target is open after `idleMs` without a request. */
  lasted(key: string, idleMs: number): void {
    const known = this.#known.get(key) ?? NOTHING;
    if (idleMs >= MIN_LASTED_MS && idleMs > known.lastedMs) this.#learn(key, { ...known, lastedMs: idleMs });
  }

  /** The upstream closed a connection that had been without a request for `idleMs`. */
  closed(key: string, idleMs: number): void {
    const known = this.#known.get(key) ?? NOTHING;
    if (!this.hasRested(idleMs) || idleMs >= known.lastedMs) return;
    this.#learn(key, { lastedMs: 0, distrustedUntilMs: performance.now() + DISTRUST_MS });
  }

  #learn(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_TARGETS && oldest !== undefined) this.#known.delete(oldest);
  }
}
