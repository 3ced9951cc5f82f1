import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import type { Connection } from './connection.ts';
import { endAfter } from './linger.ts';
import type { NodeExchange } from './node-exchange.ts';

/** How often connections are looked at. */
const LOOK_MS = 10;

/** What counts of the time between two looks, in lengths of one: a process that was held for longer has not read what came meanwhile. */
const MAX_LOOKS = 2;

/** A connection on which nothing has come for so long is idle. A lost packet comes again after 200 ms and the way to the client and back. */
const IDLE_MS = 300;

/** How long a stop accepts at most by default. Who uses a connection more often than that has been told to close it; longer would hold up who restarts. */
const DEFAULT_DELAY_MS = 1000;

/** The port closes when nothing has come at so many looks in a row: a client that has its reply may take some time to connect again. */
const QUIET_LOOKS = 5;

/** How long requests are held up at most, so that all clients wait for replies when the port closes. */
const MAX_GATHER_MS = 300;

/** After so many turns of the event loop the port closes although there is always another connection to accept. */
const MAX_TURNS = 1000;

/** How long guests' time to finish waits for heads that were not whole when the port closed. */
const MAX_HEAD_MS = 1000;

/** How long a stop takes at most until no other request can come. */
export function maxSettlingMs(delayMs = DEFAULT_DELAY_MS): number {
  return delayMs + MAX_GATHER_MS + MAX_HEAD_MS;
}

/** What a stop does to connections and the port. */
export interface StopPorts {
  /** Those that are open. */
  readonly connections: Iterable<Connection> & { readonly size: number };
  /** Has a guest answer a request. */
  readonly begin: (exchange: NodeExchange) => void;
  /** Accepts no more connections. Those that nobody has accepted by then are lost. */
  readonly closePort: () => void;
}

/** What was seen of a connection at the last look. */
interface Sight {
  readonly bytesRead: number;
  /** For how long nothing has come, and no reply was due. */
  readonly silentMs: number;
}

/**
 * The end of a server that loses no request: until a client is told that its connection closes, it may send one at any time.
 *
 * 1. `delay`: connections are accepted and requests answered, by replies that say `Connection: close`.
 * 2. `gathering`: requests are held up. Soon each client waits for a reply, so that none connects when the port closes, and all that a client
 *    pipelines is there. Then the port closes.
 * 3. `closing`: what was held up is answered, the last reply on each connection says `close`. Connections that are idle are closed.
 *
 * A request behind a reply that says `close` is not answered, and its client may send it again elsewhere. Source: RFC 9112, 9.6.
 */
export class GracefulStop {
  readonly #ports: StopPorts;
  readonly #sights = new WeakMap<Connection, Sight>();
  readonly #held: NodeExchange[] = [];
  #phase: 'delay' | 'gathering' | 'closing' = 'delay';
  /** Connections that were accepted. */
  #accepted = 0;
  /** Connections and requests that have come. */
  #arrivals = 0;
  #lookedMs = performance.now();
  /** Resolves when no other request can come, except on connections whose reply had begun, or whose client sends a head too slowly. */
  readonly settled: Promise<void>;

  /** Serves for `delayMs`; if that is not given, until each connection is idle or has a reply due that says `close`, 1 second at most. */
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

  /** A request has come, which `reply` will answer: it says `close`, and not the one before, unless more seems to follow. */
  asked(connection: Connection, reply: ServerResponse): void {
    this.#arrivals += 1;
    const before = connection.reply;
    if (before?.headersSent === false) before.shouldKeepAlive = true;
    const mayGoOn = this.#phase !== 'closing' && (before !== undefined || connection.hasPipelined);
    if (!mayGoOn) endAfter(reply, connection.socket);
  }

  /** It is the turn of a request. */
  takeTurn(exchange: NodeExchange): void {
    if (this.#phase === 'gathering') this.#held.push(exchange);
    else this.#ports.begin(exchange);
  }

  async #run(delayMs: number | undefined): Promise<void> {
    const isServedOut = (): boolean => delayMs === undefined && this.#isSettled;
    await this.#lookUntil(isServedOut, delayMs ?? DEFAULT_DELAY_MS);
    await this.#gather();
    this.#ports.closePort();
    this.#phase = 'closing';
    for (const connection of this.#ports.connections) connection.endAfterReply();
    for (const exchange of this.#held.splice(0)) this.#ports.begin(exchange);
    this.#closeIdle();
    if (!this.#isSettled) await this.#lookUntil(() => this.#isSettled, MAX_HEAD_MS);
  }

  /** Resolves when all connections are closed, or after `timeoutMs`. To be called when it has settled. */
  async untilClosed(timeoutMs: number): Promise<void> {
    const { connections } = this.#ports;
    if (connections.size > 0) await this.#lookUntil(() => connections.size === 0, timeoutMs);
  }

  async #gather(): Promise<void> {
    this.#phase = 'gathering';
    const endMs = performance.now() + MAX_GATHER_MS;
    const isInUse = this.#arrivals > 0 || this.#ports.connections.size > 0;
    for (let quiet = 0; quiet < (isInUse ? QUIET_LOOKS : 1) && performance.now() < endMs;) {
      const arrivals = this.#arrivals;
      await this.#look();
      quiet = arrivals === this.#arrivals ? quiet + 1 : 0;
    }
    await this.#acceptAll();
  }

  /** Accepts all that the kernel has: libuv takes one connection in each turn of the event loop. */
  async #acceptAll(): Promise<void> {
    for (let turn = 0, quiet = 0; turn < MAX_TURNS && quiet < 2; turn += 1) {
      const accepted = this.#accepted;
      await nextTurn();
      quiet = accepted === this.#accepted ? quiet + 1 : 0;
    }
  }

  /** Whether each connection is idle, or waits for a reply behind which nothing follows. */
  get #isSettled(): boolean {
    for (const connection of this.#ports.connections) {
      if (!this.#isOver(connection) && !this.#isIdle(connection)) return false;
    }
    return true;
  }

  #isOver({ reply, hasPipelined, socket }: Connection): boolean {
    return reply === undefined ? !socket.writable : this.#phase === 'closing' || !hasPipelined;
  }

  #isIdle(connection: Connection): boolean {
    return connection.reply === undefined && (this.#sights.get(connection)?.silentMs ?? 0) >= IDLE_MS;
  }

  #closeIdle(): void {
    for (const connection of this.#ports.connections) {
      const { socket } = connection;
      if (this.#isIdle(connection) && socket.writable) socket.destroySoon();
    }
  }

  /** Looks at connections until `isOver`, or `timeoutMs` are. */
  async #lookUntil(isOver: () => boolean, timeoutMs: number): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    do await this.#look();
    while (!isOver() && performance.now() < endMs);
  }

  /** Looks at all connections, a while later, when all that has come by then is read. */
  async #look(): Promise<void> {
    await sleep(LOOK_MS);
    await nextTurn();
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - this.#lookedMs, MAX_LOOKS * LOOK_MS);
    this.#lookedMs = nowMs;
    for (const connection of this.#ports.connections) {
      const { bytesRead } = connection.socket;
      const before = this.#sights.get(connection);
      const isSilent = connection.reply === undefined && before?.bytesRead === bytesRead;
      this.#sights.set(connection, { bytesRead, silentMs: isSilent ? before.silentMs + elapsedMs : 0 });
    }
    if (this.#phase === 'closing') this.#closeIdle();
  }
}
