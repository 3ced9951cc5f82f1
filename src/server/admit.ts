import { Permits } from '../io/permits.ts';
import type { Exchange } from './exchange.ts';

/** Bounds on the requests that are served at once and that wait for their turn. */
export interface AdmissionLimits {
  readonly maxConcurrentRequests: number;
  readonly maxQueuedRequests: number;
}

/** Of all places: where so many are taken, they become scarce. */
const BUSY = 3 / 4;

/** Lets requests in, a bounded number at once, and knows when none is left. */
export class Admission {
  readonly #permits: Permits;
  readonly #busyAt: number;
  readonly #listeners = new Set<() => void>();

  constructor({ maxConcurrentRequests, maxQueuedRequests }: AdmissionLimits) {
    this.#busyAt = maxConcurrentRequests * BUSY;
    this.#permits = new Permits(maxConcurrentRequests, maxQueuedRequests, QUEUES);
  }

  /** Whether a request is let in, immediately or in turn: not where too many wait already or the client left meanwhile. */
  admit(exchange: Pick<Exchange, 'clientLeft' | 'isWhole' | 'isFirst'>): boolean | Promise<boolean> {
    const isAdmitted = this.#permits.acquire(exchange.clientLeft, queueOf(exchange));
    if (this.isBusy) for (const tell of this.#listeners) tell();
    return isAdmitted;
  }

  /** Whether places become scarce. */
  get isBusy(): boolean {
    return this.#permits.taken >= this.#busyAt;
  }

  /** Calls `tell` each time that a request comes while places are scarce. Returns what ends that. */
  onBusy(tell: () => void): () => void {
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

/** As many as `queueOf` tells apart. */
const QUEUES = 3;

/**
 * Requests that have come in full on a connection that has had replies before, others that have come in full, and those that have not wait in
 * a queue each: so a crowd of slow clients does not stand before a client of another kind.
 */
function queueOf({ isWhole, isFirst }: Pick<Exchange, 'isWhole' | 'isFirst'>): number {
  if (!isWhole) return 2;
  return isFirst ? 1 : 0;
}
