import type { Socket } from 'node:net';
import { formatTimeout } from '../util/format.ts';
import type { Connection } from './connection.ts';

/** How often connections are looked at. */
const LOOK_MS = 1000;

/** How long a client may take nothing while requests wait for the places of such clients' guests. */
const CROWDED_TIMEOUT_MS = 2000;

/** When a client has taken nothing for too long, and whom to tell. */
interface Patience {
  readonly timeoutMs: number;
  /** Whether requests wait for their turn. */
  readonly isCrowded: () => boolean;
  /** Called with why a client was reset. */
  readonly onReset: (reason: string) => void;
}

/** How much a client had taken, and when that was first seen. */
interface Sight {
  readonly takenBytes: number;
  readonly atMs: number;
}

/**
 * Resets clients that take nothing of what waits for them, whatever they send meanwhile.
 *
 * All connections are looked at from time to time, so that a reply that is written at once costs nothing. Whoever makes one disposes it.
 */
export class StalledWrites implements Disposable {
  readonly #connections: Iterable<Connection>;
  readonly #patience: Patience;
  readonly #sights = new WeakMap<Socket, Sight>();
  readonly #timer: NodeJS.Timeout;

  constructor(connections: Iterable<Connection>, patience: Patience) {
    this.#connections = connections;
    this.#patience = patience;
    this.#timer = setInterval(() => this.#look(), Math.min(LOOK_MS, patience.timeoutMs)).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { timeoutMs, isCrowded } = this.#patience;
    const crowded = isCrowded() && CROWDED_TIMEOUT_MS < timeoutMs;
    const patienceMs = crowded ? CROWDED_TIMEOUT_MS : timeoutMs;
    const nowMs = performance.now();
    for (const { socket } of this.#connections) {
      if (socket.writableLength === 0) this.#sights.delete(socket);
      else if (nowMs - this.#lastTookMs(socket, nowMs) >= patienceMs) {
        const when = crowded ? ' while requests wait for their turn' : '';
        this.#patience.onReset(
          `reset: a client took nothing of its reply for ${formatTimeout(patienceMs)}${when} (--write-timeout)`,
        );
        socket.resetAndDestroy();
      }
    }
  }

  /** Since when the client has been seen to take nothing. */
  #lastTookMs(socket: Socket, nowMs: number): number {
    const takenBytes = takenBytesOf(socket);
    const before = this.#sights.get(socket);
    if (before?.takenBytes === takenBytes) return before.atMs;
    this.#sights.set(socket, { takenBytes, atMs: nowMs });
    return nowMs;
  }
}

/** Rises with each byte that the kernel takes. A write may be large, and only the handle knows how much of it is out. */
function takenBytesOf(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { readonly writeQueueSize: number } | null };
  return socket.bytesWritten - socket.writableLength - (handle?.writeQueueSize ?? 0);
}
