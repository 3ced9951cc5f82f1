import type { ClientLimits } from '../config/options.ts';
import { warnOfBug } from '../util/bug.ts';
import type { Admission } from './admit.ts';
import type { Connection } from './connection.ts';
import type { Look } from './look.ts';
import { StalledWrites } from './stalled-writes.ts';

/** How often connections are looked at. */
const LOOK_MS = 1000;

/** How often while requests wait for their turn. */
const CROWDED_LOOK_MS = 100;

/**
 * Of the requests that wait for their turn, for each so many a slow client has to give its guest's place away, look by look: so all have one within a
 * few looks, and clients that come back at once do not keep the host busy with nothing but ending them.
 */
const WAITING_FOR_EACH = 3;

/** What counts of the time between two looks, in lengths of one: a process that was held for longer has not seen what came meanwhile. */
const MAX_LOOKS = 2;

/** The rules for clients, and whom to tell. */
export interface ClientRules {
  readonly limits: ClientLimits;
  readonly admission: Pick<Admission, 'queued' | 'onQueued'>;
  /** Called with why a client was reset. */
  readonly onReset: (reason: string) => void;
}

/** A client that keeps its guest waiting, and for how long. */
interface Slow {
  readonly connection: Connection;
  readonly ms: number;
}

/**
 * Ends what clients keep waiting for too long: replies that they do not take, and bodies that they do not send. While requests wait for their turn,
 * the slowest of those that keep guests waiting lose their places.
 *
 * All connections are looked at from time to time, so that a client that is quick costs nothing. Whoever makes one disposes it.
 */
export class SlowClients implements Disposable {
  readonly #connections: Iterable<Connection>;
  readonly #rules: ClientRules;
  readonly #stalledWrites: StalledWrites;
  readonly #usualMs: number;
  readonly #stopListening: () => void;
  /** `hurried` from when a request has to wait until none does. */
  #pace: 'usual' | 'hurried' = 'usual';
  #timer: NodeJS.Timeout | undefined;
  #lastMs = performance.now();

  constructor(connections: Iterable<Connection>, rules: ClientRules) {
    const { writeTimeoutMs, bodyIdleTimeoutMs, bodyTimeoutMs } = rules.limits;
    this.#connections = connections;
    this.#rules = rules;
    this.#stalledWrites = new StalledWrites(writeTimeoutMs, rules.onReset);
    const bounds = [writeTimeoutMs, bodyIdleTimeoutMs, bodyTimeoutMs].filter((ms) => ms > 0);
    this.#usualMs = Math.min(LOOK_MS, ...bounds);
    this.#stopListening = rules.admission.onQueued(() => this.#hurry());
    this.#lookIn(this.#usualMs);
  }

  [Symbol.dispose](): void {
    this.#stopListening();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #hurry(): void {
    if (this.#pace === 'hurried') return;
    this.#pace = 'hurried';
    this.#lookIn(0);
  }

  /** When the loop has polled once more: a process that was held has not seen before what came meanwhile. */
  #lookIn(ms: number): void {
    clearTimeout(this.#timer);
    const timer = setTimeout(() => setImmediate(() => timer === this.#timer && this.#look()), ms).unref();
    this.#timer = timer;
  }

  #look(): void {
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - this.#lastMs, MAX_LOOKS * this.#usualMs);
    this.#lastMs = nowMs;
    const { queued } = this.#rules.admission;
    this.#pace = queued > 0 ? 'hurried' : 'usual';
    const slow = this.#lookAtAll({ nowMs, elapsedMs });
    if (queued > 0) this.#evict(slow, Math.ceil(queued / WAITING_FOR_EACH));
    this.#lookIn(queued > 0 ? Math.min(CROWDED_LOOK_MS, this.#usualMs) : this.#usualMs);
  }

  /** Returns those that are slow. */
  #lookAtAll(look: Look): Slow[] {
    const slow: Slow[] = [];
    for (const connection of this.#connections) {
      try {
        this.#stalledWrites.look(connection.socket, look);
        connection.lookAtInput(look);
        const ms = connection.lookAtPace(look);
        if (ms >= this.#rules.limits.bodyGraceMs) slow.push({ connection, ms });
      } catch (error) {
        connection.socket.destroy();
        warnOfBug(error);
      }
    }
    return slow;
  }

  /** Has the slowest give their places away. */
  #evict(slow: Slow[], count: number): void {
    slow.sort((a, b) => b.ms - a.ms);
    for (const { connection } of slow.slice(0, count)) {
      const failure = connection.evict();
      if (failure !== undefined) this.#rules.onReset(`reset: ${failure.reason}`);
    }
  }
}
