import type { Log } from '../observe/log.ts';

/** How long a message that was logged is only counted. */
const INTERVAL_MS = 10_000;

/**
 * Logs what may happen at any rate, such as refusals, without flooding the log: the first occurrence immediately, then a count every ten seconds.
 *
 * Whoever makes one disposes it, which logs the counts that are left.
 */
export class CountedLog implements Disposable {
  readonly #log: Log;
  /** Each message that was logged, and how often it has occurred since. */
  readonly #counts = new Map<string, number>();
  readonly #totals = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** How often each message has occurred in total. */
  get totals(): ReadonlyMap<string, number> {
    return this.#totals;
  }

  /** Counts one occurrence. `message` is one of a few texts: no client may choose it. */
  count(message: string): void {
    this.#totals.set(message, (this.#totals.get(message) ?? 0) + 1);
    const count = this.#counts.get(message);
    this.#counts.set(message, count === undefined ? 0 : count + 1);
    if (count === undefined) this.#warn(message);
    this.#timer ??= setTimeout(() => this.#flush(), INTERVAL_MS).unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#logCounts();
    this.#counts.clear();
  }

  #flush(): void {
    this.#logCounts();
    for (const [message, count] of this.#counts) {
      if (count === 0) this.#counts.delete(message);
      else this.#counts.set(message, 0);
    }
    this.#timer = this.#counts.size === 0 ? undefined : setTimeout(() => this.#flush(), INTERVAL_MS).unref();
  }

  #logCounts(): void {
    for (const [message, count] of this.#counts) if (count > 0) this.#warn(`${message} (${count} more)`);
  }

  #warn(message: string): void {
    this.#log({ at: 'notice', level: 'warning', message });
  }
}
