import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Connection, type ConnectionEvents } from './connection.ts';
import { GracefulStop } from './graceful-stop.ts';
import type { NodeExchange } from './node-exchange.ts';

/** The connections of a server. */
export class Connections {
  readonly #connections = new Map<Socket, Connection>();
  readonly #events: ConnectionEvents;
  readonly #onTurn: (exchange: NodeExchange) => void;
  #stop: GracefulStop | undefined;

  /** `onTurn` is called with each request when it is its turn. */
  constructor(onTurn: (exchange: NodeExchange) => void) {
    this.#onTurn = onTurn;
    this.#events = { onTurn: (exchange) => this.#takeTurn(exchange) };
  }

  opened(socket: Socket): void {
    this.#connections.set(socket, new Connection(socket, this.#events));
    this.#stop?.opened();
    socket.once('close', () => this.#connections.delete(socket));
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
    this.#stop?.asked(connection, reply);
    connection.asked(exchange, reply);
  }

  /** Stops, once; resolves when no other request can come. `closePort` is called when no connection is to be accepted any more. */
  stop(closePort: () => void, delayMs: number | undefined): Promise<void> {
    this.#stop ??= new GracefulStop({ connections: this, begin: this.#onTurn, closePort }, delayMs);
    return this.#stop.settled;
  }

  /** Resolves when all are closed, or after `timeoutMs`. */
  async closed(timeoutMs: number): Promise<void> {
    await this.#stop?.untilClosed(timeoutMs);
  }

  #takeTurn(exchange: NodeExchange): void {
    if (this.#stop === undefined) this.#onTurn(exchange);
    else this.#stop.takeTurn(exchange);
  }
}
