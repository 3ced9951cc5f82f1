import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Emptiness } from '../util/emptiness.ts';
import type { ClientLimits } from '../config/options.ts';
import { Connection, type ConnectionEvents } from './connection.ts';
import { describeRefusal } from './error-reply.ts';
import type { NodeExchange } from './node-exchange.ts';
import type { Tally } from './tally.ts';

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

/** The connections of a server, so that one that stops loses no reply that is ended but not sent, which Node would. */
export class Connections {
  readonly #connections = new Map<Socket, Connection>();
  readonly #noReply = new Emptiness();
  readonly #events: ConnectionEvents;
  readonly #limits: ClientLimits;
  readonly #refusals: Tally;
  #state: 'serving' | 'stopping' = 'serving';
  /** How many requests have come since those that wait were counted. */
  #uncounted = 0;

  /** `onTurn` is called with each request when it is its turn. */
  constructor({ limits, refusals }: ConnectionRules, onTurn: (exchange: NodeExchange) => void) {
    this.#limits = limits;
    this.#refusals = refusals;
    this.#events = {
      onTurn,
      onMalformed: (failure) => refusals.count(describeRefusal(failure)),
      onReplied: (connection) => this.#replied(connection),
    };
  }

  opened(socket: Socket): void {
    this.#connections.set(socket, new Connection(socket, this.#limits, this.#events));
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

  /** A request has come on `connection`, to be answered or not. */
  came(connection: Connection): void {
    connection.count();
    this.#uncounted += 1;
    if (this.#uncounted >= MAX_WAITING / 2) this.#countWaiting();
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
