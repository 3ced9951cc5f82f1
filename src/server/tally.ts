import type { Log } from '../observe/log.ts';

/** How long what has been told is only counted. */
const INTERVAL_MS = 10_000;

/**
 * Tells the operator of what may happen at any rate, as refusals do: the first time at once, then how often, from time to time.
 *
 * Whoever makes one disposes it, which tells the rest.
 */
export class Tally implements Disposable {
  readonly #log: Log;
  /** What has been told, and how often it has happened since. */
  readonly #counts = new Map<string, number>();
  readonly #totals = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** How often each thing has happened in all. */
  get totals(): ReadonlyMap<string, number> {
    return this.#totals;
  }

  /** `what` is one of a few texts: none of a client's choosing. */
  count(what: string): void {
    this.#totals.set(what, (this.#totals.get(what) ?? 0) + 1);
    const count = this.#counts.get(what);
    this.#counts.set(what, count === undefined ? 0 : count + 1);
    if (count === undefined) this.#tell(what);
    this.#timer ??= setTimeout(() => this.#goOn(), INTERVAL_MS).unref();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tellRest();
    this.#counts.clear();
  }

  #goOn(): void {
    this.#tellRest();
    for (const [what, count] of this.#counts) {
      if (count === 0) this.#counts.delete(what);
      else this.#counts.set(what, 0);
    }
    this.#timer = this.#counts.size === 0 ? undefined : setTimeout(() => this.#goOn(), INTERVAL_MS).unref();
  }

  #tellRest(): void {
    for (const [what, count] of this.#counts) if (count > 0) this.#tell(`${what} (${count} more)`);
  }

  #tell(message: string): void {
    this.#log({ at: 'notice', level: 'warning', message });
  }
}
