import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Client } from 'undici';
import { callSafely } from '../../util/bug.ts';
import { UpstreamFailure } from './error-table.ts';
import { MAX_SECTION_BYTES } from './upstream-exchange.ts';

/** How long a connection waits for its next request; an upstream's `keep-alive` hint may change it up to the maximum. */
export const KEEP_ALIVE_MS = 4_000;
const MAX_KEEP_ALIVE_MS = 30_000;
/** What an upstream may send ahead on one HTTP/2 stream. */
const STREAM_WINDOW_BYTES = 128 * 1024;
/** undici checks the server name against this; we give it sockets that are connected, so it needs none. */
export const NO_SERVER_NAME = 'upstream';

/** A connection with undici's HTTP client on it. */
export interface PooledConnection {
  readonly client: Client;
  readonly socket: Socket;
  /** Whose requests may use it: a target's key. */
  readonly key: string;
  /** Whether it carried a request before this one. */
  readonly isReused: boolean;
}

/**
 * The connections that undici serves, kept for the next request to the same target. Each carries one request at a time.
 *
 * undici's own `Pool` is not used: it hides which request a connection attempt is for, so neither a connect timeout nor
 * an abort of one request could close the socket that it waits for. Nor do requests share an HTTP/2 connection: an abort has to close
 * it, because undici destroys a stream before Node has sent its RST_STREAM. The upstream then never learns of the abort, and
 * where the stream was in the middle of its request's body, Node's session loops for ever over what it still wants to send.
 */
export class UpstreamPool implements AsyncDisposable {
  readonly #idle = new Map<string, PooledConnection[]>();
  readonly #clients = new Set<Client>();

  /** A kept connection to the target. Give it back with `release` or `retire`. */
  take(key: string): PooledConnection | undefined {
    // The one used last is the one that is most likely still alive.
    const connection = this.#idle.get(key)?.pop();
    if (connection === undefined) return undefined;
    return isAlive(connection.socket) ? { ...connection, isReused: true } : this.take(key);
  }

  /** Whether a kept connection to the target is HTTP/2. */
  hasHttp2(key: string): boolean {
    return this.#idle.get(key)?.some(({ socket }) => isAlive(socket) && isHttp2(socket)) === true;
  }

  /** Adds a socket that was just connected, for its first request. */
  adopt(key: string, socket: Socket): PooledConnection {
    const client = createClient(key, socket);
    this.#clients.add(client);
    client.on('disconnect', () => this.#drop(client, key));
    client.on('connectionError', () => this.#drop(client, key));
    // Not among the events that its types know: what a callback of a client throws.
    (client as EventEmitter).on('error', () => this.#drop(client, key));
    return { client, socket, key, isReused: false };
  }

  /** A request on the connection is over, its response complete. */
  release(connection: PooledConnection): void {
    const { client, socket, key } = connection;
    if (!isAlive(socket) || !this.#clients.has(client)) return this.#drop(client, key);
    const idle = this.#idle.get(key) ?? [];
    this.#idle.set(key, idle);
    idle.push(connection);
  }

  /** A request on the connection failed: it closes. */
  retire({ client, key }: PooledConnection): void {
    this.#drop(client, key);
  }

  /** Closes every connection, whatever goes on on it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const clients = [...this.#clients];
    this.#clients.clear();
    this.#idle.clear();
    await Promise.all(clients.map((client) => client.destroy(stopped())));
  }

  #drop(client: Client, key: string): void {
    if (!this.#clients.delete(client)) return;
    const idle = this.#idle.get(key)?.filter((connection) => connection.client !== client) ?? [];
    if (idle.length > 0) this.#idle.set(key, idle);
    else this.#idle.delete(key);
    client.destroy(stopped(), () => {});
  }
}

/** Whether TLS agreed on HTTP/2. */
export function isHttp2(socket: Socket): boolean {
  return (socket as Partial<TLSSocket>).alpnProtocol === 'h2';
}

function isAlive(socket: Socket): boolean {
  return !socket.destroyed && socket.writable;
}

/** A client for this one socket. All timeouts but the idle one are the exchange's: undici's are coarse and take 0 for "none". */
function createClient(key: string, socket: Socket): Client {
  let fresh: Socket | undefined = socket;
  return new Client(key.startsWith('https:') ? 'https://upstream' : 'http://upstream', {
    connect: (_options, callback) => {
      const handed = fresh;
      fresh = undefined;
      // Never in the same turn: undici then overlooks that it is connected.
      queueMicrotask(() => {
        callSafely(() => (handed === undefined ? callback(stopped(), null) : callback(null, handed)));
      });
    },
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: MAX_KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_SECTION_BYTES,
    allowH2: true,
    // Under `h2Options.settings` undici checks it and then takes its own default.
    initialWindowSize: STREAM_WINDOW_BYTES,
  });
}

function stopped(): UpstreamFailure {
  return new UpstreamFailure({ tag: 'connection-terminated' });
}
