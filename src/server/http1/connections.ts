import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientLimits } from '../../config/options.ts';
import { Connection, type ConnectionEvents } from './connection.ts';
import { describeRefusal } from '../failure.ts';
import { GracefulStop } from './graceful-stop.ts';
import type { NodeExchange } from './node-exchange.ts';
import type { Tally } from '../tally.ts';

/**
 * How many requests of all connections may wait for the replies to others before them; each takes some 2 kB.
 *
 * Of one connection there are seldom more than a few: but what Node reads at once, 64 KiB, may hold 2,400.
 */
const MAX_WAITING = 32_768;

/** Bounds on clients, and whom to tell when one breaks them. */
interface ConnectionRules {
  readonly limits: ClientLimits;
  readonly refusals: Tally;
}

/** The connections of a server. */
export class Connections {
  readonly #connections = new Map<Socket, Connection>();
  readonly #events: ConnectionEvents;
  readonly #limits: ClientLimits;
  readonly #refusals: Tally;
  readonly #onTurn: (exchange: NodeExchange) => void;
  /** How many requests have come since those that wait were counted. */
  #uncounted = 0;
  #stop: GracefulStop | undefined;

  /** `onTurn` is called with each request when it is its turn. */
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

  /** A request has come on `connection`, to be answered or not. */
  came(connection: Connection): void {
    connection.count();
    this.#uncounted += 1;
    if (this.#uncounted >= MAX_WAITING / 2) this.#countWaiting();
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

  /** Resets whoever has most requests wait, as long as there are too many. */
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
      this.#refusals.count(`reset: more than ${MAX_WAITING / 2} requests waited for the replies to others before them`);
    }
  }
}
