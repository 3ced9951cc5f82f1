import type { Socket } from 'node:net';
import { formatTimeout } from '../util/format.ts';
import { type Look, patienceAt } from './look.ts';

/** How much a client had taken, and when that was first seen. */
interface Sight {
  readonly takenBytes: number;
  readonly atMs: number;
}

/** Resets clients that take nothing of what waits for them, whatever they send meanwhile. */
export class StalledWrites {
  readonly #timeoutMs: number;
  readonly #onReset: (reason: string) => void;
  readonly #sights = new WeakMap<Socket, Sight>();

  /** `onReset` is called with why a client was reset. */
  constructor(timeoutMs: number, onReset: (reason: string) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onReset = onReset;
  }

  look(socket: Socket, look: Look): void {
    if (socket.writableLength === 0) {
      this.#sights.delete(socket);
      return;
    }
    const { ms, when } = patienceAt(look, this.#timeoutMs);
    if (look.nowMs - this.#lastTookMs(socket, look) < ms) return;
    this.#onReset(`reset: a client took nothing of its reply for ${formatTimeout(ms)}${when} (--write-timeout)`);
    socket.resetAndDestroy();
  }

  /** Since when the client has been seen to take nothing. */
  #lastTookMs(socket: Socket, { nowMs }: Look): number {
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
