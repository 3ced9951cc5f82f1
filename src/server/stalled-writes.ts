import type { Socket } from 'node:net';
import type { Connection } from './connection.ts';

/** How often connections are looked at. */
const LOOK_MS = 1000;

/**
 * Finds clients that take nothing of what waits for them.
 *
 * Node's timeout of a socket tells, since it alone knows whether the kernel took a part of a write; only connections where something
 * waits are given one, so that a reply that is written at once costs nothing. Whoever makes one disposes it.
 */
export class StalledWrites implements Disposable {
  readonly #connections: Iterable<Connection>;
  readonly #timeoutMs: number;
  readonly #watched = new WeakSet<Socket>();
  readonly #timer: NodeJS.Timeout;

  constructor(connections: Iterable<Connection>, timeoutMs: number) {
    this.#connections = connections;
    this.#timeoutMs = timeoutMs;
    this.#timer = setInterval(() => this.#look(), Math.min(LOOK_MS, timeoutMs)).unref();
  }

  /** Whether a socket whose timeout is over has taken nothing for all of it. */
  isStalled(socket: Socket): boolean {
    return this.#watched.delete(socket) && socket.writableLength > 0;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (const { socket } of this.#connections) {
      if (socket.writableLength === 0) this.#watched.delete(socket);
      else if (!this.#watched.has(socket)) this.#watch(socket);
    }
  }

  #watch(socket: Socket): void {
    this.#watched.add(socket);
    socket.setTimeout(this.#timeoutMs);
  }
}
