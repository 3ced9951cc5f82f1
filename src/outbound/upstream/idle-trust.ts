/** How long a connection must have stayed open idle before its upstream is considered to keep connections. */
const MIN_LASTED_MS = 1_000;
/** An upstream that does not keep connections closes them immediately or shortly after its reply; after this long, it has not. */
const MIN_RESTED_MS = 20;
/** How long an upstream is distrusted after it closed a connection earlier than previous ones. */
const DISTRUST_MS = 60_000;
/** The most targets to remember, since guests choose them. The least recently updated ones are forgotten first. */
const MAX_TARGETS = 1_000;

/** What is known about a target. */
interface Known {
  /** The longest that an idle connection was seen to stay open. */
  readonly lastedMs: number;
  /** On the clock of `performance.now()`. */
  readonly distrustedUntilMs: number;
}

const NOTHING: Known = Object.freeze({ lastedMs: 0, distrustedUntilMs: 0 });

/**
 * Decides which kept connections are certain to stay open for another request, from how long others to the same target have lasted.
 *
 * A request that must not be sent twice cannot be taken back from a connection that its upstream is about to close, and inspecting the socket cannot
 * tell: the close may be on its way. But a connection that has been idle for a moment is not one that the upstream closes after a reply, and one that
 * has been idle for less than half of the time that others lasted is not about to be closed for its age.
 */
export class IdleTrust {
  readonly #known = new Map<string, Known>();

  /** Whether a connection has been idle long enough to not be closed after its reply. */
  hasSettled(idleMs: number): boolean {
    return idleMs >= MIN_RESTED_MS;
  }

  /** Whether a connection to the target that has been idle for `idleMs` will stay open for another request. */
  trusts(key: string, idleMs: number): boolean {
    const { lastedMs, distrustedUntilMs } = this.#known.get(key) ?? NOTHING;
    if (!this.hasSettled(idleMs) || performance.now() < distrustedUntilMs) return false;
    return lastedMs >= MIN_LASTED_MS && idleMs <= lastedMs / 2;
  }

  /** A connection to the target is still open after being idle for `idleMs`. */
  lasted(key: string, idleMs: number): void {
    const known = this.#known.get(key) ?? NOTHING;
    if (idleMs >= MIN_LASTED_MS && idleMs > known.lastedMs) this.#learn(key, { ...known, lastedMs: idleMs });
  }

  /** The upstream closed a connection that had been idle for `idleMs`. */
  closed(key: string, idleMs: number): void {
    const known = this.#known.get(key) ?? NOTHING;
    if (!this.hasSettled(idleMs) || idleMs >= known.lastedMs) return;
    this.#learn(key, { lastedMs: 0, distrustedUntilMs: performance.now() + DISTRUST_MS });
  }

  #learn(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_TARGETS && oldest !== undefined) this.#known.delete(oldest);
  }
}
