import type { ClientLimits } from '../config/options.ts';
import { warnOfBug } from '../util/bug.ts';
import type { Connection } from './connection.ts';
import { StalledWrites } from './stalled-writes.ts';

/** How often connections are looked at. */
const LOOK_MS = 1000;

/** How patient the host is with slow clients while requests wait for the places of such clients' guests. */
const CROWDED_PATIENCE_MS = 2000;

/** What counts of the time between two looks, in lengths of one: a process that was held for longer has not seen what came meanwhile. */
const MAX_LOOKS = 2;

/** How clients are judged, and whom to tell. */
export interface Judgement {
  readonly limits: ClientLimits;
  /** Whether requests wait for their turn. */
  readonly isCrowded: () => boolean;
  /** Called with why a client was reset. */
  readonly onReset: (reason: string) => void;
}

/**
 * Ends what clients keep waiting for too long: replies that they do not take, and bodies that they do not send.
 *
 * All connections are looked at from time to time, so that a client that is quick costs nothing. Whoever makes one disposes it.
 */
export class SlowClients implements Disposable {
  readonly #connections: Iterable<Connection>;
  readonly #isCrowded: () => boolean;
  readonly #stalledWrites: StalledWrites;
  readonly #everyMs: number;
  readonly #timer: NodeJS.Timeout;
  #lastMs = performance.now();

  constructor(connections: Iterable<Connection>, { limits, isCrowded, onReset }: Judgement) {
    const { writeTimeoutMs, bodyIdleTimeoutMs, bodyGraceMs, bodyTimeoutMs } = limits;
    this.#connections = connections;
    this.#isCrowded = isCrowded;
    this.#stalledWrites = new StalledWrites(writeTimeoutMs, onReset);
    const bounds = [writeTimeoutMs, bodyIdleTimeoutMs, bodyGraceMs, bodyTimeoutMs].filter((ms) => ms > 0);
    this.#everyMs = Math.min(LOOK_MS, ...bounds);
    this.#timer = setInterval(() => this.#look(), this.#everyMs).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - this.#lastMs, MAX_LOOKS * this.#everyMs);
    const look = { nowMs, elapsedMs, crowdedMs: this.#isCrowded() ? CROWDED_PATIENCE_MS : undefined };
    this.#lastMs = nowMs;
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
}
