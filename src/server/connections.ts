import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Emptiness } from '../util/emptiness.ts';
import { Connection, type ConnectionEvents } from './connection.ts';
import type { NodeExchange } from './node-exchange.ts';

/** The connections of a server, so that one that stops loses no reply that is ended but not sent, which Node would. */
export class Connections {
  readonly #connections = new Map<Socket, Connection>();
  readonly #noReply = new Emptiness();
  readonly #events: ConnectionEvents;
  #state: 'serving' | 'stopping' = 'serving';

  /** `onTurn` is called with each request when it is its turn. */
  constructor(onTurn: (exchange: NodeExchange) => void) {
    this.#events = { onTurn, onReplied: (connection) => this.#replied(connection) };
  }

  opened(socket: Socket): void {
    this.#connections.set(socket, new Connection(socket, this.#events));
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#settle();
    });
  }

  /** How many are open. */
  get size(): number {
    return this.#connections.size;
  }

  of(socket: Socket): Connection | undefined {
    return this.#connections.get(socket);
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#connections.values();
  }

  /** A request has come, which `reply` will answer in its turn. */
  asked(connection: Connection, exchange: NodeExchange, reply: ServerResponse): void {
    if (this.#state === 'stopping') {
      if (connection.reply !== undefined) connection.reply.shouldKeepAlive = true;
      reply.shouldKeepAlive = false;
    }
    connection.asked(exchange, reply);
  }

  /** Closes those that are kept for another request; the others close after their last reply, which says so if it still can. */
  stop(): void {
    this.#state = 'stopping';
    for (const [socket, connection] of this.#connections) {
      if (connection.reply !== undefined) connection.reply.shouldKeepAlive = false;
      // Where more has been read than the last request, the next is on its way.
      else if (connection.isIdle) socket.destroy();
    }
  }

  /** Resolves when the kernel has every reply, or after `timeoutMs`. */
  async sent(timeoutMs: number): Promise<void> {
    if (this.#hasReplies()) await this.#noReply.within(timeoutMs);
  }

  #replied({ socket }: Connection): void {
    if (this.#state !== 'stopping') return;
    socket.destroy();
    this.#settle();
  }

  #settle(): void {
    if (this.#state === 'stopping' && !this.#hasReplies()) this.#noReply.tell();
  }

  #hasReplies(): boolean {
    return this.#connections.values().some(({ reply }) => reply !== undefined);
  }
}
