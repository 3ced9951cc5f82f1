import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientLimits } from '../../config/listener-options.ts';
import { Connection, type ConnectionEvents } from './connection.ts';
import { describeRefusal } from '../failure.ts';
import { GracefulStop } from './graceful-stop.ts';
import type { NodeExchange } from './node-exchange.ts';
import type { CountedLog } from '../counted-log.ts';

/**
 * How many requests of all connections together may wait for the replies to earlier ones. Each takes about 2 kB.
 *
 * One connection seldom has more than a few, but the 64 KiB that Node reads at a time may hold 2,400.
 */
const MAX_WAITING = 32_768;

/** Bounds on clients, and the log of those that exceed them. */
interface ConnectionRules {
  readonly limits: ClientLimits;
  readonly refusals: CountedLog;
}

/** The connections of a server. */
export class Connections {
  readonly #connections = new Map<Socket, Connection>();
  readonly #events: ConnectionEvents;
  readonly #limits: ClientLimits;
  readonly #refusals: CountedLog;
  readonly #onTurn: (exchange: NodeExchange) => void;
  /** How many requests have arrived since those that wait were counted. */
  #uncounted = 0;
  #stop: GracefulStop | undefined;

  /** Calls `onTurn` with each request when it is the next on its connection. */
  constructor({ limits, refusals }: ConnectionRules, onTurn: (exchange: NodeExchange) => void) {
    this.#limits = limits;
    this.#refusals = refusals;
    this.#onTurn = onTurn;
    this.#events = {
      onTurn: (exchange) => this.#takeTurn(exchange),
      onMalformed: (failure) => refusals.count(describeRefusal(failure)),
    };
  }

  opened(socket: Socket): void {
    this.#connections.set(socket, new Connection(socket, this.#limits, this.#events));
    this.#stop?.opened();
    socket.once('close', () => this.#connections.delete(socket));
  }

  /** How many connections are open. */
  get size(): number {
    return this.#connections.size;
  }

  of(socket: Socket): Connection | undefined {
    return this.#connections.get(socket);
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#connections.values();
  }

  /** A request has arrived on `connection`. Returns whether it will be answered. */
  arrived(connection: Connection): boolean {
    this.#uncounted += 1;
    const isAnswered = connection.count();
    if (this.#uncounted < MAX_WAITING / 2) return isAnswered;
    this.#countWaiting();
    return isAnswered && !connection.socket.destroyed;
  }

  /** A request has arrived, which `reply` will answer in its turn. */
  asked(connection: Connection, exchange: NodeExchange, reply: ServerResponse): void {
    this.#stop?.asked(connection, reply);
    connection.asked(exchange, reply);
  }

  /** Stops, once. Calls `closePort` when no more connections are to be accepted; resolves when no further request can arrive. */
  stop(closePort: () => void, delayMs: number | undefined): Promise<void> {
    this.#stop ??= new GracefulStop({ connections: this, begin: this.#onTurn, closePort }, delayMs);
    return this.#stop.settled;
  }

  /** Resolves when all connections are closed, or after `timeoutMs`. */
  async closed(timeoutMs: number): Promise<void> {
    await this.#stop?.untilClosed(timeoutMs);
  }

  #takeTurn(exchange: NodeExchange): void {
    if (this.#stop === undefined) this.#onTurn(exchange);
    else this.#stop.takeTurn(exchange);
  }

  /** While too many requests wait, resets the connection with the most. */
  #countWaiting(): void {
    this.#uncounted = 0;
    const connections = [...this.#connections.values()].filter(({ socket }) => !socket.destroyed);
    connections.sort((a, b) => a.unanswered - b.unanswered);
    let waiting = connections.reduce((sum, { unanswered }) => sum + Math.max(0, unanswered - 1), 0);
    while (waiting > MAX_WAITING / 2) {
      const most = connections.pop();
      if (most === undefined) return;
      waiting -= most.unanswered - 1;
      most.socket.resetAndDestroy();
      this.#refusals.count(`reset: more than ${MAX_WAITING / 2} requests waited for the replies to earlier ones`);
    }
  }
}
