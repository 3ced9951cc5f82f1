import { type GiveUp, Permits } from '../../io/permits.ts';
import { countPoolThreads } from '../../util/pool-threads.ts';
import { whenNeeded } from '../../util/when-needed.ts';
import { FileError } from './file-error.ts';

/** All of this process shares the pool: lookups of names, files of its own, and what it loads when it is first needed. One thread stays free of guests' files. */
const allGuests = whenNeeded(() => new Permits({ max: Math.max(1, countPoolThreads() - 1), maxQueued: Infinity }));

/**
 * The part of libuv's pool of threads that the guests of one component may keep busy: half of it. A file system that does not answer holds a thread for
 * each call for as long as it likes, and no more than these.
 */
export class FileThreads {
  readonly #own = new Permits({ max: Math.max(1, Math.floor(countPoolThreads() / 2)), maxQueued: Infinity });

  /** Does `work`, which uses one thread at a time, when there is one for it. Throws `FileError` `interrupted` if `giveUp` is ready before. */
  async run<T>(work: () => Promise<T>, giveUp?: GiveUp): Promise<T> {
    await take(this.#own, giveUp);
    try {
      await take(allGuests(), giveUp);
      try {
        return await work();
      } finally {
        allGuests().release();
      }
    } finally {
      this.#own.release();
    }
  }
}

async function take(permits: Permits, giveUp: GiveUp | undefined): Promise<void> {
  if (!permits.tryAcquire() && !(await permits.waitFor(giveUp))) throw new FileError('interrupted');
}
