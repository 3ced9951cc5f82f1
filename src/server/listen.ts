import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HostError } from '../util/host-error.ts';
import { Connections } from './connections.ts';
import type { Exchange } from './exchange.ts';
import { NodeExchange } from './node-exchange.ts';

/** Where to listen. Port 0 takes any free one. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** An open port. */
export interface Listening {
  /** The real address. */
  readonly address: Address;
  /** Takes no more connections and closes the idle ones; those at work go on. */
  stopAccepting(): void;
  /** Closes what is still open, once clients have had `timeoutMs` to take what is written; resolves when the port is free. */
  close(timeoutMs: number): Promise<void>;
}

/** Bounds on connections. Sizes in bytes, times in milliseconds. */
const SOCKET_LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  keepAliveTimeout: 5000,
  /** A whole request may take as long as its guest does. */
  requestTimeout: 0,
  connectionsCheckingInterval: 1000,
  noDelay: true,
} as const;

const MAX_HEADERS = 100;
const MAX_CONNECTIONS = 10_000;

/** Opens a port, whose requests `answer` takes. Throws `HostError` where that fails. */
export async function listen(answer: (exchange: Exchange) => void, address: Address): Promise<Listening> {
  const connections = new Connections();
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    connections.asked(incoming.socket, outgoing);
    answer(new NodeExchange(incoming, outgoing));
  };
  const server = createServer({ ...SOCKET_LIMITS, highWaterMark: 64 * 1024 }, listener);
  server.on('checkContinue', listener);
  server.on('connection', (socket) => {
    // Each request of a client that pipelines listens on their one socket.
    socket.setMaxListeners(0);
    connections.opened(socket);
  });
  // A client may end its side and still wait for its reply.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = MAX_CONNECTIONS;
  await bind(server, address);
  return {
    address: addressOf(server),
    stopAccepting: () => {
      // In place of Node's, which would also close connections whose replies are not sent in full.
      server.closeIdleConnections = () => connections.stop();
      server.close();
    },
    close: async (timeoutMs) => {
      await connections.sent(timeoutMs);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** `http://127.0.0.1:8080`, IPv6 in brackets. */
export function formatOrigin({ hostname, port }: Address): string {
  return `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
}

function bind(server: Server, { hostname, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(bindError(error, { hostname, port })));
    server.listen(port, hostname, resolve);
  });
}

function bindError(error: NodeJS.ErrnoException, address: Address): HostError {
  const origin = formatOrigin(address);
  if (error.code === 'EADDRINUSE') {
    const message = `${origin} is in use by another process: stop that, or choose another address with --addr`;
    return new HostError('address-in-use', message, { cause: error });
  }
  return new HostError('bad-config', `cannot listen on ${origin}: ${error.message}`, { cause: error });
}

function addressOf(server: Server): Address {
  const { address, port } = server.address() as AddressInfo;
  return { hostname: address, port };
}
