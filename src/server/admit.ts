import { Permits } from '../util/permits.ts';
import type { Readiness } from '../wasi/io/readiness.ts';

/** Bounds on the requests that are served at once and that wait for their turn. */
export interface AdmissionLimits {
  readonly maxConcurrentRequests: number;
  readonly maxQueuedRequests: number;
}

/** Lets requests in, a bounded number at once, and knows when none is left. */
export class Admission {
  readonly #permits: Permits;
  readonly #listeners = new Set<() => void>();

  constructor({ maxConcurrentRequests, maxQueuedRequests }: AdmissionLimits) {
    this.#permits = new Permits(maxConcurrentRequests, maxQueuedRequests);
  }

  /** Whether a request is let in, at once or in turn: not where too many wait already or the client left meanwhile. */
  admit(clientLeft: Readiness): boolean | Promise<boolean> {
    const isAdmitted = this.#permits.acquire(clientLeft);
    if (typeof isAdmitted !== 'boolean') for (const tell of this.#listeners) tell();
    return isAdmitted;
  }

  /** Calls `tell` each time that a request has to wait for its turn. Returns what ends that. */
  onQueued(tell: () => void): () => void {
    this.#listeners.add(tell);
    return () => void this.#listeners.delete(tell);
  }

  /** A request that was let in is over: another may come. */
  leave(): void {
    this.#permits.release();
  }

  /** How many requests wait for their turn. */
  get queued(): number {
    return this.#permits.queued;
  }

  /** How many requests are let in and not over. */
  get admitted(): number {
    return this.#permits.taken;
  }
}
