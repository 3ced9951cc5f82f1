import type { LoopRoom } from '../io/loop-room.ts';
import { Permits } from '../io/permits.ts';
import type { Exchange } from './exchange.ts';

/** How many requests may run concurrently, and how many may wait for their turn. */
export interface AdmissionLimits {
  readonly maxConcurrentRequests: number;
  readonly maxQueuedRequests: number;
}

/** When this part of all places is taken, places are scarce. */
const BUSY = 3 / 4;

/** Who asks for a place. */
type Asking = Pick<Exchange, 'clientLeft' | 'isWhole' | 'isFirst'>;

/** Admits a bounded number of requests at a time, each when its guest can begin; others wait for their turn. */
export class Admission {
  readonly #permits: Permits;
  readonly #room: LoopRoom;
  readonly #busyAt: number;
  readonly #listeners = new Set<() => void>();
  /** How many slow clients each listener knows. */
  readonly #slow = new Map<object, number>();
  /** How many wait for a turn of the event loop before they ask for a place. */
  #arriving = 0;
  #asked = 0;

  constructor({ maxConcurrentRequests, maxQueuedRequests }: AdmissionLimits, room: LoopRoom) {
    this.#room = room;
    this.#busyAt = Math.floor(maxConcurrentRequests * BUSY);
    this.#permits = new Permits({
      max: maxConcurrentRequests,
      maxQueued: maxQueuedRequests,
      pacedFrom: this.#busyAt,
      queues: QUEUES,
    });
  }

  /** Whether a request is admitted, immediately or in its turn: not if too many wait already, nor if the client leaves meanwhile. */
  admit(exchange: Asking): boolean | Promise<boolean> {
    this.#asked += 1;
    const turn = exchange.isWhole ? this.#room.begin('unplaced') : this.#room.beginLater();
    if (turn === undefined) return this.#place(exchange);
    this.#arriving += 1;
    return turn.then(() => {
      this.#arriving -= 1;
      return this.#place(exchange);
    });
  }

  #place(exchange: Asking): boolean | Promise<boolean> {
    const isPlaced = this.#permits.tryAcquire() || this.#permits.waitFor(exchange.clientLeft, queueOf(exchange));
    if (this.isBusy) for (const tell of this.#listeners) tell();
    return typeof isPlaced === 'boolean' ? isPlaced : isPlaced.then((isGranted) => isGranted && this.#begin());
  }

  /** Many may get places at once, when others have left. */
  #begin(): true | Promise<true> {
    return this.#room.begin('placed')?.then(() => true as const) ?? true;
  }

  /** How many requests have asked to be admitted so far. */
  get asked(): number {
    return this.#asked;
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

  /** `listener` tells how many of its requests would lose their places if others needed them: these places count as free. */
  noteSlow(listener: object, count: number): void {
    if (count === 0) this.#slow.delete(listener);
    else this.#slow.set(listener, count);
    this.#permits.pacedFrom = this.#slow.values().reduce((sum, slow) => sum + slow, this.#busyAt);
  }

  /** An admitted request is over: another may run. */
  leave(): void {
    this.#permits.release();
  }

  /** How many requests wait for their turn. */
  get queued(): number {
    return this.#arriving + this.#permits.queued;
  }

  /** How many of those wait for a place that another request has. */
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
function queueOf({ isWhole, isFirst }: Asking): number {
  if (!isWhole) return 2;
  return isFirst ? 1 : 0;
}
