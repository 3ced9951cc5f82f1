import type { Socket } from 'node:net';
import type { ClientLimits } from '../../config/listener-options.ts';
import { warnOfBug } from '../../util/bug.ts';
import type { Admission } from '../admission.ts';
import { takenBytesOf } from './client-pace.ts';
import type { Connection } from './connection.ts';
import type { Sweep } from './sweep.ts';
import type { NodeExchange } from './node-exchange.ts';
import { SendQueues } from './send-queues.ts';
import { StalledWrites } from './stalled-writes.ts';

/** How often connections are checked. */
const SWEEP_MS = 1000;

/** How often they are checked while places are scarce; less often if a sweep takes more than a tenth of that. */
const BUSY_SWEEP_MS = 100;

/**
 * At most so many intervals count as the time between two sweeps: a process whose event loop was blocked for longer has not read what arrived
 * meanwhile.
 */
const MAX_INTERVALS = 2;

/** The rules for clients. */
export interface ClientRules {
  readonly limits: ClientLimits;
  readonly admission: Pick<Admission, 'missing' | 'noteSlow' | 'isBusy' | 'onBusy'>;
  /** Called with the reason when a client is reset. */
  readonly onReset: (reason: string) => void;
}

/** A request whose guest waits, and how many bytes the kernel has accepted for its client. */
interface Sample {
  readonly exchange: NodeExchange;
  readonly socket: Socket;
  readonly writtenBytes: number;
}

/** A request whose client keeps its guest waiting, and for how long. */
interface SlowRequest {
  readonly exchange: NodeExchange;
  readonly ms: number;
}

/**
 * Ends requests whose clients are too slow to receive the reply or to send the body. While other requests wait for a place, the slowest of those that
 * keep guests waiting lose theirs.
 *
 * All connections are checked from time to time, so that a quick client costs nothing. Whoever makes one disposes it.
 */
export class SlowClients implements Disposable {
  readonly #connections: Iterable<Connection>;
  readonly #rules: ClientRules;
  readonly #stalledWrites: StalledWrites;
  readonly #usualMs: number;
  readonly #stopListening: () => void;
  /** `hurrying` when places have become scarce, `hurried` from the next sweep on for as long as they are. */
  #pace: 'usual' | 'hurrying' | 'hurried' = 'usual';
  readonly #queues = new SendQueues();
  /** Those that were too slow at the last sweep and still have their places, the slowest last. */
  #slow: NodeExchange[] = [];
  /** Those that are losing their places. */
  #leaving: NodeExchange[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lastMs = performance.now();
  /** How long it took to measure paces in the last sweep. */
  #measuringMs = 0;

  constructor(connections: Iterable<Connection>, rules: ClientRules) {
    const { writeTimeoutMs, bodyIdleTimeoutMs, bodyTimeoutMs } = rules.limits;
    this.#connections = connections;
    this.#rules = rules;
    this.#stalledWrites = new StalledWrites(writeTimeoutMs, rules.onReset);
    const bounds = [writeTimeoutMs, bodyIdleTimeoutMs, bodyTimeoutMs].filter((ms) => ms > 0);
    this.#usualMs = Math.min(SWEEP_MS, ...bounds);
    this.#stopListening = rules.admission.onBusy(() => this.#onBusy());
    this.#sweepIn(this.#usualMs);
  }

  [Symbol.dispose](): void {
    this.#stopListening();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#noteSlow([]);
  }

  /** A request came while places are scarce. */
  #onBusy(): void {
    this.#evictSlowest();
    if (this.#pace !== 'usual') return;
    this.#pace = 'hurrying';
    this.#sweepIn(0);
  }

  /** Sweeps when the event loop has polled once more: a process that was blocked has not read before what arrived meanwhile. */
  #sweepIn(ms: number): void {
    clearTimeout(this.#timer);
    const timer = setTimeout(() => setImmediate(() => timer === this.#timer && this.#sweep()), ms).unref();
    this.#timer = timer;
  }

  #sweep(): void {
    const elapsedMs = this.#elapse();
    this.#checkTimes({ nowMs: this.#lastMs, elapsedMs });
    if (!this.#rules.admission.isBusy) {
      this.#pace = 'usual';
      this.#noteSlow([]);
      this.#leaving = [];
      this.#sweepIn(this.#usualMs);
      return;
    }
    void this.#checkPaces(this.#pace === 'hurried' ? elapsedMs : 0)
      .catch(warnOfBug)
      .finally(() => {
        if (this.#timer !== undefined)
          this.#sweepIn(Math.min(Math.max(BUSY_SWEEP_MS, 10 * this.#measuringMs), this.#usualMs));
      });
    this.#pace = 'hurried';
  }

  /** How much of the time since the last sweep counts. */
  #elapse(): number {
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - this.#lastMs, MAX_INTERVALS * this.#usualMs);
    this.#lastMs = nowMs;
    return elapsedMs;
  }

  #checkTimes(sweep: Sweep): void {
    for (const connection of this.#connections) {
      try {
        this.#stalledWrites.check(connection.socket, sweep);
        connection.checkInput(sweep);
      } catch (error) {
        connection.socket.destroy();
        warnOfBug(error);
      }
    }
  }

  /** Places are scarce: if requests wait for one, the slowest clients lose theirs. */
  async #checkPaces(elapsedMs: number): Promise<void> {
    const { limits } = this.#rules;
    if (limits.minBodyRateBytes === 0) return;
    const samples = this.#takeSamples();
    // What is written from here on counts at the next sweep.
    const isKnown = await this.#queues.read(samples.map(({ socket }) => socket));
    if (this.#timer === undefined) return;
    const startMs = performance.now();
    const slow: SlowRequest[] = [];
    for (const { exchange, socket, writtenBytes } of samples) {
      if (!exchange.holdsGuest) continue;
      const queuedBytes = isKnown ? this.#queues.of(socket) : 0;
      const isTaken = queuedBytes === 0 && socket.writableLength === 0;
      const ms = exchange.measurePace(elapsedMs, { takenBytes: writtenBytes - queuedBytes, isTaken });
      if (ms >= limits.bodyGraceMs) slow.push({ exchange, ms });
    }
    this.#measuringMs = performance.now() - startMs;
    this.#noteSlow(slow.toSorted((a, b) => a.ms - b.ms).map(({ exchange }) => exchange));
    this.#evictSlowest();
  }

  #noteSlow(slow: NodeExchange[]): void {
    this.#slow = slow;
    this.#rules.admission.noteSlow(this, slow.length);
  }

  /** As many as there are requests that wait for a place lose theirs. */
  #evictSlowest(): void {
    const { admission, onReset } = this.#rules;
    if (this.#slow.length === 0) return;
    this.#leaving = this.#leaving.filter(({ holdsGuest }) => holdsGuest);
    while (this.#slow.length > 0 && this.#leaving.length < admission.missing) {
      const slowest = this.#slow.pop() as NodeExchange;
      if (!slowest.holdsGuest) continue;
      this.#leaving.push(slowest);
      const failure = slowest.evict();
      if (failure !== undefined) onReset(`reset: ${failure.reason}`);
    }
    admission.noteSlow(this, this.#slow.length);
  }

  #takeSamples(): Sample[] {
    const samples: Sample[] = [];
    for (const { held: exchange, socket } of this.#connections) {
      if (exchange !== undefined) samples.push({ exchange, socket, writtenBytes: takenBytesOf(socket) });
    }
    return samples;
  }
}
