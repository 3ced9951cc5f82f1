import { IncomingMessage, type Server, type ServerOptions, type ServerResponse, createServer } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { ClientLimits } from '../../config/listener-options.ts';
import { warnOfBug } from '../../util/bug.ts';
import type { Loop } from '../../io/loop.ts';
import { HostError } from '../../util/host-error.ts';
import { describeMissing, isPermitted } from '../../util/permissions.ts';
import { Connections } from './connections.ts';
import { headTimeOptions } from './head-time.ts';
import type { ParseError } from './malformed.ts';
import { NodeExchange } from './node-exchange.ts';
import { type ClientRules, SlowClients } from './slow-clients.ts';
import type { CountedLog } from '../counted-log.ts';

/** Where to listen. Port 0 takes any free one. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** A socket that is bound, by its descriptor, which is the server's from then on. */
export interface ListeningSocket {
  readonly fd: number;
}

/** A socket within this machine, by its path. */
export interface LocalSocket {
  readonly path: string;
}

/** An open port. */
export interface Listening {
  /** The address that it is bound to, with the real port. */
  readonly address: Address;
  /** How many connections are open. */
  readonly connections: number;
  /**
   * Stops without losing a request: replies say `Connection: close`, then no connection is accepted, idle ones are closed, and requests that
   * have arrived are answered. Resolves when no further request can arrive.
   *
   * Accepts connections and requests for `delayMs`; without it, until clients are done, for 1 second at most.
   */
  stop(delayMs?: number): Promise<void>;
  /** Stops, waits until clients have received their replies, and after `timeoutMs` closes what is still open. Resolves when the port is free. */
  close(timeoutMs: number): Promise<void>;
}

/** What a listener needs of its host: who answers requests, the log of refusals, bounds on clients. */
export interface Listener {
  /** Looked up for each request: it may change. */
  readonly answer: (exchange: NodeExchange) => void;
  readonly refusals: CountedLog;
  readonly limits: ClientLimits;
  readonly admission: ClientRules['admission'];
  readonly loop: Loop;
  /** Called when a connection opens, with 1, and when it closes, with -1. */
  readonly connected: (change: 1 | -1) => void;
}

/** Opens a port whose requests `listener` answers. Throws `HostError` if it cannot be opened. */
export async function listen(listener: Listener, target: Address | ListeningSocket | LocalSocket): Promise<Listening> {
  const { limits } = listener;
  const connections = new Connections(listener, (exchange) => begin(exchange, listener));
  const server = createServer({ ...toServerOptions(limits), IncomingMessage: PlainRequest });
  // One more than allowed is let through, so that we see that there are too many.
  server.maxHeadersCount = limits.maxHeaders + 1;
  server.maxConnections = limits.maxConnections;
  // A client may end its side and still wait for its reply.
  Object.assign(server, { httpAllowHalfOpen: true });
  takeRequests(server, connections, listener);
  const slowClients = watchConnections(server, connections, listener);
  if ('fd' in target || 'path' in target) await listenOn(server, target);
  else await bind(server, target, '--addr');
  server.on('error', ({ message }) => listener.refusals.count(`a connection was not accepted: ${message}`));
  const stop = (delayMs?: number): Promise<void> => connections.stop(() => closePort(server), delayMs);
  return {
    address: addressOf(server),
    get connections() {
      return connections.size;
    },
    stop,
    close: async (timeoutMs) => {
      await stop();
      await connections.closed(timeoutMs);
      slowClients[Symbol.dispose]();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/**
 * Accepts no more connections, and no more than that: node:http's own also ends kept connections and its watch for heads that take too long.
 * In Bun it does neither, and a server for HTTP is not one of `node:net`.
 */
function closePort(server: Server): void {
  const { close } = 'bun' in process.versions ? server : NetServer.prototype;
  close.call(server);
}

function toServerOptions(limits: ClientLimits): ServerOptions {
  return {
    ...headTimeOptions(limits),
    maxHeaderSize: limits.maxHeadBytes,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    /** A whole request may take as long as its guest does. */
    requestTimeout: 0,
    // Node's own refusal would not keep it from answering what follows.
    requireHostHeader: false,
    noDelay: true,
    highWaterMark: 64 * 1024,
  };
}

/** A request that never upgrades: for CONNECT Node would hand over the socket, or close it. */
class PlainRequest extends IncomingMessage {
  get upgrade(): boolean {
    return false;
  }

  set upgrade(_asked: boolean) {}
}

function begin(exchange: NodeExchange, { answer }: Listener): void {
  // By then Node has parsed the part of the body that came in one packet with the head: a guest that reads a short body need not wait for it.
  if (exchange.hasBody) setImmediate(answer, exchange);
  else answer(exchange);
}

function takeRequests(server: Server, connections: Connections, { limits }: Listener): void {
  const take = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { socket } = incoming;
    try {
      takeFrom(socket, incoming, outgoing);
    } catch (error) {
      socket.destroy();
      warnOfBug(error);
    }
  };
  const takeFrom = (socket: Socket, incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const connection = connections.of(socket);
    if (connection === undefined || socket.destroyed) return;
    if (connections.arrived(connection)) {
      connections.asked(connection, new NodeExchange(incoming, outgoing, limits), outgoing);
    }
  };
  for (const event of REQUEST_EVENTS) server.on(event, take);
}

/** The events with which node:http hands over a request. There is no `dropRequest`, since no server here sets `maxRequestsPerSocket`. */
const REQUEST_EVENTS = ['request', 'checkContinue', 'checkExpectation'] as const;

function watchConnections(
  server: Server,
  connections: Connections,
  { refusals, limits, admission, loop, connected }: Listener,
): SlowClients {
  const onReset = (reason: string): void => refusals.count(reason);
  const slowClients = new SlowClients(connections, { limits, admission, onReset });
  server.on('connection', (socket) => {
    // Each request of a client that pipelines adds listeners to the same socket.
    socket.setMaxListeners(0);
    connections.opened(socket);
    connected(1);
    socket.once('close', () => connected(-1));
    // libuv accepts one connection in a turn of the loop.
    loop.accepted();
  });
  server.on('clientError', (error: ParseError, socket) => {
    const connection = connections.of(socket as Socket);
    if (connection === undefined) {
      socket.destroy();
      return;
    }
    // The client asked to close the connection, and goes on sending.
    if (error.code === 'HPE_CLOSED_CONNECTION' && connection.reply !== undefined) return;
    connection.break(error);
  });
  server.on('drop', () => refusals.count(`closed: ${limits.maxConnections} connections are open (--max-connections)`));
  return slowClients;
}

/** `http://127.0.0.1:8080`, IPv6 in brackets. */
export function formatOrigin({ hostname, port }: Address): string {
  return `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
}

/** How many clients may connect while the event loop is busy: the kernel makes others try again a second later. It allows 4,096 itself. */
const BACKLOG = 4096;

/** Makes a server listen. Rejects with a `HostError` if it cannot; `option` is the one that sets the address. */
export function bind(server: Server, { hostname, port }: Address, option: string): Promise<void> {
  // Node would throw later, where nobody could catch it.
  if (!isPermitted('net')) return Promise.reject(netError({ hostname, port }, option));
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(toBindError(error, { hostname, port }, option)));
    server.listen({ port, host: hostname, backlog: BACKLOG }, resolve);
  });
}

function listenOn(server: Server, socket: ListeningSocket | LocalSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const where = 'fd' in socket ? `descriptor ${socket.fd}` : socket.path;
      reject(new HostError('bad-config', `cannot listen on ${where}: ${error.message}`, { cause: error }));
    });
    server.listen(socket, resolve);
  });
}

/** The address of a server that listens, with the real port; that of a local socket is its path. */
export function addressOf(server: Server): Address {
  const bound = server.address() as AddressInfo | string;
  if (typeof bound === 'string') return { hostname: bound, port: 0 };
  const { address, port } = bound;
  return { hostname: address, port };
}

function netError(address: Address, option: string): HostError {
  return new HostError(
    'not-supported',
    `cannot listen on ${formatOrigin(address)} (${option}): ${describeMissing(['net'])}`,
  );
}

/** The error of `listen` for the operator. `option` is the one that sets the address. */
export function toBindError(error: NodeJS.ErrnoException, address: Address, option: string): HostError {
  const origin = formatOrigin(address);
  if (error.code === 'EADDRINUSE') {
    const system = `Address already in use (os error ${Math.abs(error.errno ?? 0)})`;
    const message = `${origin} is in use by another process: ${system}. Stop that, or choose another address with ${option}`;
    return new HostError('address-in-use', message, { cause: error });
  }
  return new HostError('bad-config', `cannot listen on ${origin} (${option}): ${error.message}`, { cause: error });
}
