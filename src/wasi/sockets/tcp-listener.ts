import { type BoundSocket, type Server, type Socket, createServer } from 'node:net';
import type { SocketEndpoint } from './socket-address.ts';
import type { RequestSockets } from './request-sockets.ts';
import { type SocketErrorCode, toSocketErrorCode } from './socket-error.ts';
import { READ_AHEAD_BYTES, type SocketEnds, endsOf } from './tcp-connection.ts';

interface ListenOptions {
  readonly bound: BoundSocket;
  readonly backlog: number;
  readonly sockets: RequestSockets;
  /** Called when listening has begun or failed, and when a connection has come. */
  readonly wake: () => void;
}

/** A connection that the guest has not accepted. */
interface Arrival {
  readonly socket: Socket;
  readonly ends: SocketEnds;
  readonly place: Disposable;
}

/**
 * A TCP port on which a guest listens. Node accepts connections as they come; those that the guest has not accepted wait here, paused. Those beyond the backlog,
 * or beyond the sockets that the request may have, are reset.
 */
export class TcpListener implements Disposable {
  readonly local: SocketEndpoint;
  readonly server: Server;
  readonly #options: ListenOptions;
  readonly #waiting: Arrival[] = [];
  #outcome: 'pending' | 'listening' | SocketErrorCode = 'pending';

  constructor(options: ListenOptions) {
    this.#options = options;
    this.local = options.bound.address();
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true, highWaterMark: READ_AHEAD_BYTES });
    this.server.on('connection', (socket) => this.#arrive(socket));
    this.server.on('listening', () => this.#settle('listening'));
    this.server.on('error', (error) => this.#settle(toSocketErrorCode(error)));
    this.server.listen(options.bound, options.backlog);
  }

  get outcome(): 'pending' | 'listening' | SocketErrorCode {
    return this.#outcome;
  }

  get hasConnection(): boolean {
    return this.#waiting.length > 0;
  }

  /** The oldest connection that waits, which then is the caller's. */
  accept(): Pick<Arrival, 'socket' | 'ends'> | undefined {
    const first = this.#waiting.shift();
    if (first === undefined) return undefined;
    this.#options.sockets.closed(first.place);
    return first;
  }

  [Symbol.dispose](): void {
    this.server.close();
    for (const { socket, place } of this.#waiting.splice(0)) {
      socket.destroy();
      this.#options.sockets.closed(place);
    }
  }

  #settle(outcome: 'listening' | SocketErrorCode): void {
    this.#outcome = outcome;
    this.#options.wake();
  }

  #arrive(socket: Socket): void {
    const { sockets, backlog, wake } = this.#options;
    // An error before or after those of the connection must not end the process.
    socket.on('error', () => {});
    const place = { [Symbol.dispose]: () => void socket.destroy() };
    const ends = endsOf(socket);
    if (ends === undefined || this.#waiting.length >= backlog || !sockets.open(place)) {
      socket.resetAndDestroy();
      return;
    }
    this.#waiting.push({ socket, ends, place });
    wake();
  }
}
