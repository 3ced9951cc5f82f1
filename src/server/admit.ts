import { type Permit, Permits } from '../util/permits.ts';
import type { Readiness } from '../wasi/io/readiness.ts';

/** Bounds on the requests that are served at once and that wait for their turn. */
export interface AdmissionLimits {
  readonly maxConcurrentRequests: number;
  readonly maxQueuedRequests: number;
}

/** Lets requests in, a bounded number at once, and knows when none is left. */
export class Admission {
  readonly #permits: Permits;

  constructor({ maxConcurrentRequests, maxQueuedRequests }: AdmissionLimits) {
    this.#permits = new Permits(maxConcurrentRequests, maxQueuedRequests);
  }

  /** A permit, at once or in turn; `undefined` where too many wait already or the client left meanwhile. */
  admit(clientLeft: Readiness): Permit | undefined | Promise<Permit | undefined> {
    return this.#permits.acquire(clientLeft);
  }

  get inFlight(): number {
    return this.#permits.taken + this.#permits.queued;
  }
}
