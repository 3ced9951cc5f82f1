import type { Socket } from 'node:net';
import { formatTimeout } from '../../util/format.ts';
import { takenBytesOf } from './client-pace.ts';
import type { Sweep } from './sweep.ts';

/** How much a client had received, and when that was first seen. */
interface Sample {
  readonly takenBytes: number;
  readonly atMs: number;
}

/** Resets clients that receive nothing of what waits for them, whatever they send meanwhile. */
export class StalledWrites {
  readonly #timeoutMs: number;
  readonly #onReset: (reason: string) => void;
  readonly #samples = new WeakMap<Socket, Sample>();

  /** Calls `onReset` with the reason when a client is reset. */
  constructor(timeoutMs: number, onReset: (reason: string) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onReset = onReset;
  }

  /** Resets the client if it is too slow. Called at each sweep. */
  check(socket: Socket, sweep: Sweep): void {
    if (socket.writableLength === 0) {
      this.#samples.delete(socket);
      return;
    }
    if (sweep.nowMs - this.#lastTookMs(socket, sweep) < this.#timeoutMs) return;
    this.#onReset(`reset: a client took nothing of its reply for ${formatTimeout(this.#timeoutMs)} (--write-timeout)`);
    socket.resetAndDestroy();
  }

  /** Since when the client is known to have received nothing. */
  #lastTookMs(socket: Socket, { nowMs }: Sweep): number {
    const takenBytes = takenBytesOf(socket);
    const before = this.#samples.get(socket);
    if (before?.takenBytes === takenBytes) return before.atMs;
    this.#samples.set(socket, { takenBytes, atMs: nowMs });
    return nowMs;
  }
}
