import type { Socket } from 'node:net';
import type { ClientLimits } from '../../config/options.ts';
import { warnOfBug } from '../../util/bug.ts';
import type { Admission } from '../admit.ts';
import { takenBytesOf } from './client-pace.ts';
import type { Connection } from './connection.ts';
import type { Look } from './look.ts';
import type { NodeExchange } from './node-exchange.ts';
import { SendQueues } from './send-queues.ts';
import { StalledWrites } from './stalled-writes.ts';

/** How often connections are looked at. */
const LOOK_MS = 1000;

/** How often while places are scarce; less often where a look takes more than a tenth of that. */
const BUSY_LOOK_MS = 100;

/** What counts of the time between two looks, in lengths of one: a process that was held for longer has not seen what came meanwhile. */
const MAX_LOOKS = 2;

/** The rules for clients, and whom to tell. */
export interface ClientRules {
  readonly limits: ClientLimits;
  readonly admission: Pick<Admission, 'queued' | 'isBusy' | 'onBusy'>;
  /** Called with why a client was reset. */
  readonly onReset: (reason: string) => void;
}

/** A request whose guest waits, and what the kernel has taken for its client. */
interface Sight {
  readonly exchange: NodeExchange;
  readonly socket: Socket;
  readonly writtenBytes: number;
}

/** One whose client keeps its guest waiting, and for how long. */
interface Slow {
  readonly exchange: NodeExchange;
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
  /** `hurrying` once places are scarce, `hurried` from the look after that for as long as they are. */
  #pace: 'usual' | 'hurrying' | 'hurried' = 'usual';
  readonly #queues = new SendQueues();
  #timer: NodeJS.Timeout | undefined;
  #lastMs = performance.now();
  /** How long the last look at paces took. */
  #lookMs = 0;

  constructor(connections: Iterable<Connection>, rules: ClientRules) {
    const { writeTimeoutMs, bodyIdleTimeoutMs, bodyTimeoutMs } = rules.limits;
    this.#connections = connections;
    this.#rules = rules;
    this.#stalledWrites = new StalledWrites(writeTimeoutMs, rules.onReset);
    const bounds = [writeTimeoutMs, bodyIdleTimeoutMs, bodyTimeoutMs].filter((ms) => ms > 0);
    this.#usualMs = Math.min(LOOK_MS, ...bounds);
    this.#stopListening = rules.admission.onBusy(() => this.#hurry());
    this.#lookIn(this.#usualMs);
  }

  [Symbol.dispose](): void {
    this.#stopListening();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #hurry(): void {
    if (this.#pace !== 'usual') return;
    this.#pace = 'hurrying';
    this.#lookIn(0);
  }

  /** When the loop has polled once more: a process that was held has not seen before what came meanwhile. */
  #lookIn(ms: number): void {
    clearTimeout(this.#timer);
    const timer = setTimeout(() => setImmediate(() => timer === this.#timer && this.#look()), ms).unref();
    this.#timer = timer;
  }

  #look(): void {
    const elapsedMs = this.#elapse();
    this.#lookAtTimes({ nowMs: this.#lastMs, elapsedMs });
    if (!this.#rules.admission.isBusy) {
      this.#pace = 'usual';
      this.#lookIn(this.#usualMs);
      return;
    }
    void this.#lookAtPaces(this.#pace === 'hurried' ? elapsedMs : 0)
      .catch(warnOfBug)
      .finally(() => {
        if (this.#timer !== undefined) this.#lookIn(Math.min(Math.max(BUSY_LOOK_MS, 10 * this.#lookMs), this.#usualMs));
      });
    this.#pace = 'hurried';
  }

  /** What counts of the time since the last look. */
  #elapse(): number {
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - this.#lastMs, MAX_LOOKS * this.#usualMs);
    this.#lastMs = nowMs;
    return elapsedMs;
  }

  #lookAtTimes(look: Look): void {
    for (const connection of this.#connections) {
      try {
        this.#stalledWrites.look(connection.socket, look);
        connection.lookAtInput(look);
      } catch (error) {
        connection.socket.destroy();
        warnOfBug(error);
      }
    }
  }

  /** Places are scarce: where requests wait for their turn, the slowest give theirs away. */
  async #lookAtPaces(elapsedMs: number): Promise<void> {
    const { limits, admission, onReset } = this.#rules;
    if (limits.minBodyRateBytes === 0) return;
    const sights = this.#see();
    // What is written from here on is not taken before the next look.
    const isTold = await this.#queues.read();
    const startMs = performance.now();
    const slow: Slow[] = [];
    for (const { exchange, socket, writtenBytes } of sights) {
      if (!exchange.holdsGuest) continue;
      const queuedBytes = isTold ? this.#queues.of(socket) : 0;
      const isTaken = queuedBytes === 0 && socket.writableLength === 0;
      const ms = exchange.lookAtPace(elapsedMs, { takenBytes: writtenBytes - queuedBytes, isTaken });
      if (ms >= limits.bodyGraceMs) slow.push({ exchange, ms });
    }
    this.#lookMs = performance.now() - startMs;
    slow.sort((a, b) => b.ms - a.ms);
    for (const { exchange } of slow.slice(0, admission.queued)) {
      const failure = exchange.evict();
      if (failure !== undefined) onReset(`reset: ${failure.reason}`);
    }
  }

  #see(): Sight[] {
    const sights: Sight[] = [];
    for (const { held: exchange, socket } of this.#connections) {
      if (exchange !== undefined) sights.push({ exchange, socket, writtenBytes: takenBytesOf(socket) });
    }
    return sights;
  }
}
