import type { Socket } from 'node:net';

/**
 * Keeps a server of node:http from reading from a socket while the gate is shut, so that the client has to wait before it sends more.
 *
 * Node resumes a socket for each body that is read and each reply that is sent, which has no effect while the gate is shut. What has been read
 * already is still parsed: 64 KiB at most.
 */
export class ReadGate {
  readonly #socket: Socket;
  #state: 'open' | 'shut' = 'open';

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get isShut(): boolean {
    return this.#state === 'shut';
  }

  shut(): void {
    if (this.#state === 'shut') return;
    this.#state = 'shut';
    const socket = this.#socket;
    socket.resume = () => socket;
    socket.pause();
  }

  open(): void {
    if (this.#state === 'open') return;
    this.#state = 'open';
    // Without it the method of the class is in force again.
    Reflect.deleteProperty(this.#socket, 'resume');
    this.#socket.resume();
  }
}
