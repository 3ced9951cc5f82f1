import { Permits } from './permits.ts';
import { Latch } from './readiness.ts';
import { countPoolThreads } from '../util/pool-threads.ts';
import { whenNeeded } from '../util/when-needed.ts';

/** A request that asks a server of names that does not answer leaves threads for the lookups of others. */
const MAX_OF_REQUEST = 2;

/** libuv gives lookups half of its threads: one of these stays free of guests' sockets, if there are enough. */
const allGuests = whenNeeded(() => {
  const forLookups = Math.floor((countPoolThreads() + 1) / 2);
  return new Permits({ max: Math.max(MAX_OF_REQUEST, forLookups - 1), maxQueued: Infinity });
});

/** The turns of one request's lookups: one that has begun cannot be called back, so those of a request that has ended meanwhile do not begin. */
export class LookupTurns implements Disposable {
  readonly #own = new Permits({ max: MAX_OF_REQUEST, maxQueued: Infinity });
  readonly #isOver = new Latch();

  /** Calls `begin` with what ends its turn, or never. */
  async take(begin: (end: () => void) => void): Promise<void> {
    const [own, all] = [this.#own, allGuests()];
    if (!(await own.acquire(this.#isOver))) return;
    if (!(await all.acquire(this.#isOver))) return own.release();
    begin(() => {
      all.release();
      own.release();
    });
  }

  [Symbol.dispose](): void {
    this.#isOver.open();
  }
}
