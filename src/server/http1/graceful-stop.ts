import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import type { Connection } from './connection.ts';
import { endAfter } from './linger.ts';
import type { NodeExchange } from './node-exchange.ts';

/** How often connections are checked. */
const CHECK_MS = 10;

/**
 * At most so many intervals count as the time between two checks: a process whose event loop was blocked for longer has not read what arrived
 * meanwhile.
 */
const MAX_INTERVALS = 2;

/** A connection on which nothing has arrived for so long is idle. A lost packet is sent again after 200 ms and a round trip. */
const IDLE_MS = 300;

/** How long a stop accepts connections by default, at most. Clients that use a connection more often have been told to close it; longer would delay a restart. */
const DEFAULT_DELAY_MS = 1000;

/** The port closes after so many checks in a row without an arrival: a client that has its reply may take some time to connect again. */
const QUIET_CHECKS = 5;

/** How long requests are held back at most, so that all clients wait for replies when the port closes. */
const MAX_GATHER_MS = 300;

/** After so many turns of the event loop the port closes even if there is always another connection to accept. */
const MAX_TURNS = 1000;

/** How long the drain waits for heads that were incomplete when the port closed. */
const MAX_HEAD_MS = 1000;

/** How long a stop takes at most until no further request can arrive. */
export function maxSettlingMs(delayMs = DEFAULT_DELAY_MS): number {
  return delayMs + MAX_GATHER_MS + MAX_HEAD_MS;
}

/** What a stop does to connections and the port. */
export interface StopPorts {
  /** The open connections. */
  readonly connections: Iterable<Connection> & { readonly size: number };
  /** Starts to answer a request. */
  readonly begin: (exchange: NodeExchange) => void;
  /** Stops accepting connections. Those in the kernel's queue are lost. */
  readonly closePort: () => void;
}

/** The state of a connection at the last check. */
interface Sample {
  readonly bytesRead: number;
  /** For how long nothing has arrived and no reply was due. */
  readonly silentMs: number;
}

/**
 * Stops a server without losing a request: until a client is told that its connection closes, it may send one at any time.
 *
 * 1. `delay`: connections are accepted and requests answered, by replies that say `Connection: close`.
 * 2. `gathering`: requests are held back. Soon each client waits for a reply, so that none connects when the port closes, and all that a client
 *    pipelines has arrived. Then the port closes.
 * 3. `closing`: the requests that were held back are answered, and the last reply on each connection says `close`. Idle connections are closed.
 *
 * A request after a reply that says `close` is not answered, and its client may send it again elsewhere. Source: RFC 9112, 9.6.
 */
export class GracefulStop {
  readonly #ports: StopPorts;
  readonly #samples = new WeakMap<Connection, Sample>();
  readonly #held: NodeExchange[] = [];
  #phase: 'delay' | 'gathering' | 'closing' = 'delay';
  /** How many connections were accepted. */
  #accepted = 0;
  /** How many connections and requests have arrived. */
  #arrivals = 0;
  #checkedMs = performance.now();
  /** Resolves when no further request can arrive, except on connections whose reply had begun, or whose client sends a head too slowly. */
  readonly settled: Promise<void>;

  /** Serves for `delayMs`; without it, until each connection is idle or waits for a reply that says `close`, for 1 second at most. */
  constructor(ports: StopPorts, delayMs: number | undefined) {
    this.#ports = ports;
    for (const connection of ports.connections) if (!connection.hasPipelined) connection.announceClose();
    this.settled = this.#run(delayMs);
  }

  /** A connection was accepted. */
  opened(): void {
    this.#accepted += 1;
    this.#arrivals += 1;
  }

  /** A request has arrived, which `reply` will answer: this reply says `close` instead of the one before, unless more requests seem to follow. */
  asked(connection: Connection, reply: ServerResponse): void {
    this.#arrivals += 1;
    const before = connection.reply;
    if (before?.headersSent === false) before.shouldKeepAlive = true;
    const mayGoOn = this.#phase !== 'closing' && (before !== undefined || connection.hasPipelined);
    if (!mayGoOn) endAfter(reply, connection.socket);
  }

  /** A request is the next on its connection. */
  takeTurn(exchange: NodeExchange): void {
    if (this.#phase === 'gathering') this.#held.push(exchange);
    else this.#ports.begin(exchange);
  }

  async #run(delayMs: number | undefined): Promise<void> {
    const isServedOut = (): boolean => delayMs === undefined && this.#areSettled;
    await this.#checkUntil(isServedOut, delayMs ?? DEFAULT_DELAY_MS);
    await this.#gather();
    this.#ports.closePort();
    this.#phase = 'closing';
    for (const connection of this.#ports.connections) connection.endAfterReply();
    for (const exchange of this.#held.splice(0)) this.#ports.begin(exchange);
    this.#closeIdle();
    if (!this.#areSettled) await this.#checkUntil(() => this.#areSettled, MAX_HEAD_MS);
  }

  /** Resolves when all connections are closed, or after `timeoutMs`. Called when `settled` has resolved. */
  async untilClosed(timeoutMs: number): Promise<void> {
    const { connections } = this.#ports;
    if (connections.size > 0) await this.#checkUntil(() => connections.size === 0, timeoutMs);
  }

  async #gather(): Promise<void> {
    this.#phase = 'gathering';
    const endMs = performance.now() + MAX_GATHER_MS;
    const isInUse = this.#arrivals > 0 || this.#ports.connections.size > 0;
    for (let quiet = 0; quiet < (isInUse ? QUIET_CHECKS : 1) && performance.now() < endMs;) {
      const arrivals = this.#arrivals;
      await this.#check();
      quiet = arrivals === this.#arrivals ? quiet + 1 : 0;
    }
    await this.#acceptAll();
  }

  /** Accepts all connections in the kernel's queue: libuv takes one in each turn of the event loop. */
  async #acceptAll(): Promise<void> {
    for (let turn = 0, quiet = 0; turn < MAX_TURNS && quiet < 2; turn += 1) {
      const accepted = this.#accepted;
      await nextTurn();
      quiet = accepted === this.#accepted ? quiet + 1 : 0;
    }
  }

  /** Whether each connection is idle, or waits for its last reply. */
  get #areSettled(): boolean {
    for (const connection of this.#ports.connections) {
      if (!this.#isOver(connection) && !this.#isIdle(connection)) return false;
    }
    return true;
  }

  #isOver({ reply, hasPipelined, socket }: Connection): boolean {
    return reply === undefined ? !socket.writable : this.#phase === 'closing' || !hasPipelined;
  }

  #isIdle(connection: Connection): boolean {
    return connection.reply === undefined && (this.#samples.get(connection)?.silentMs ?? 0) >= IDLE_MS;
  }

  #closeIdle(): void {
    for (const connection of this.#ports.connections) {
      const { socket } = connection;
      if (this.#isIdle(connection) && socket.writable) socket.destroySoon();
    }
  }

  /** Checks connections until `isOver` returns true, or for `timeoutMs`. */
  async #checkUntil(isOver: () => boolean, timeoutMs: number): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    do await this.#check();
    while (!isOver() && performance.now() < endMs);
  }

  /** Waits for an interval, and until what has arrived is read; then checks all connections. */
  async #check(): Promise<void> {
    await sleep(CHECK_MS);
    await nextTurn();
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - this.#checkedMs, MAX_INTERVALS * CHECK_MS);
    this.#checkedMs = nowMs;
    for (const connection of this.#ports.connections) {
      const { bytesRead } = connection.socket;
      const before = this.#samples.get(connection);
      const isSilent = connection.reply === undefined && before?.bytesRead === bytesRead;
      this.#samples.set(connection, { bytesRead, silentMs: isSilent ? before.silentMs + elapsedMs : 0 });
    }
    if (this.#phase === 'closing') this.#closeIdle();
  }
}
