import type { Socket } from 'node:net';
import { formatTimeout } from '../../util/format.ts';
import { takenBytesOf } from './client-pace.ts';
import type { Look } from './look.ts';

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
    if (look.nowMs - this.#lastTookMs(socket, look) < this.#timeoutMs) return;
    this.#onReset(`reset: a client took nothing of its reply for ${formatTimeout(this.#timeoutMs)} (--write-timeout)`);
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
