import { setTimeout as sleep } from 'node:timers/promises';
import type { CpuProfile } from '../../observe/profile/profile-tree.ts';
import type { MakeProfile } from '../../server/answer-profile.ts';
import type { ToWorker, WorkerProfileMade } from './messages.ts';

/** How much longer than the profile takes the primary waits for it: a guest may be blocking the worker. */
const ANSWER_MS = 5000;

/** Profiles of a worker, as its primary asks for them. */
export class WorkerProfile {
  readonly #tell: (message: ToWorker) => void;
  #asked: { readonly number: number; readonly resolve: (profile: CpuProfile | 'busy' | undefined) => void } | undefined;
  #count = 0;

  constructor(tell: (message: ToWorker) => void) {
    this.#tell = tell;
  }

  /** The worker has answered; that it did so too late changes nothing. */
  answered({ number, profile }: WorkerProfileMade): void {
    if (this.#asked?.number === number) this.#asked.resolve(profile);
  }

  /** The worker has ended. */
  ended(): void {
    this.#asked?.resolve(undefined);
  }

  /** `undefined` if the worker does not answer. */
  readonly make: MakeProfile = async (ms, signal) => {
    const { promise, resolve } = Promise.withResolvers<CpuProfile | 'busy' | undefined>();
    const number = ++this.#count;
    this.#asked = { number, resolve };
    const abort = (): void => {
      this.#tell({ at: 'end-profile' });
      resolve(undefined);
    };
    signal.addEventListener('abort', abort, { once: true });
    this.#tell({ at: 'profile', number, ms });
    try {
      return await Promise.race([promise, sleep(ms + ANSWER_MS, undefined, { ref: false })]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
}
