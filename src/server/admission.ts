import { Permits } from '../io/permits.ts';
import type { Exchange } from './exchange.ts';

/** How many requests may run concurrently, and how many may wait for their turn. */
export interface AdmissionLimits {
  readonly maxConcurrentRequests: number;
  readonly maxQueuedRequests: number;
}

/** When this part of all places is taken, places are scarce. */
const BUSY = 3 / 4;

/** Admits a bounded number of requests at a time; others wait for their turn. */
export class Admission {
  readonly #permits: Permits;
  readonly #busyAt: number;
  readonly #listeners = new Set<() => void>();

  constructor({ maxConcurrentRequests, maxQueuedRequests }: AdmissionLimits) {
    this.#busyAt = Math.floor(maxConcurrentRequests * BUSY);
    this.#permits = new Permits({
      max: maxConcurrentRequests,
      maxQueued: maxQueuedRequests,
      pacedFrom: this.#busyAt,
      queues: QUEUES,
    });
  }

  /** Whether a request is admitted, immediately or in its turn: not if too many wait already, nor if the client leaves meanwhile. */
  admit(exchange: Pick<Exchange, 'clientLeft' | 'isWhole' | 'isFirst'>): boolean | Promise<boolean> {
    const isAdmitted = this.#permits.acquire(exchange.clientLeft, queueOf(exchange));
    if (this.isBusy) for (const tell of this.#listeners) tell();
    return isAdmitted;
  }

  /** Whether places are scarce. */
  get isBusy(): boolean {
    return this.#permits.taken >= this.#busyAt;
  }

  /** Calls `tell` each time a request comes while places are scarce. Returns an unsubscribe function. */
  onBusy(tell: () => void): () => void {
    this.#listeners.add(tell);
    return () => void this.#listeners.delete(tell);
  }

  /** How many of those that are admitted would lose their places if others needed them: these count as free. */
  set slow(count: number) {
    this.#permits.pacedFrom = this.#busyAt + count;
  }

  /** An admitted request is over: another may run. */
  leave(): void {
    this.#permits.release();
  }

  /** How many requests wait for their turn. */
  get queued(): number {
    return this.#permits.queued;
  }

  /** How many of those wait for a place that another has. */
  get missing(): number {
    return this.#permits.missing;
  }

  /** How many requests are admitted and not over. */
  get admitted(): number {
    return this.#permits.taken;
  }
}

/** How many queues `queueOf` distinguishes. */
const QUEUES = 3;

/**
 * There is a queue each for requests that have arrived in full on a connection that has had replies before, for others that have arrived in full, and
 * for those that have not: so a crowd of slow clients does not delay a client of another kind.
 */
function queueOf({ isWhole, isFirst }: Pick<Exchange, 'isWhole' | 'isFirst'>): number {
  if (!isWhole) return 2;
  return isFirst ? 1 : 0;
}
