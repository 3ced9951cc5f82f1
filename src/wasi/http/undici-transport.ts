import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { toErrorCode } from './error-table.ts';
import type { OutboundRequest } from './send-request.ts';
import type { UpstreamExchange, Wire } from './upstream-exchange.ts';
import { NO_SERVER_NAME, type PooledConnection } from './upstream-pool.ts';
import { toEntries, toWireFields, toWirePath } from './wire-fields.ts';

/** How an attempt went: the exchange has it from here, or the kept connection was dead and nothing has happened yet. */
export type Attempt = 'under-way' | 'stale';

/** Methods that may be sent twice. Source: RFC 9110, 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/**
 * Sends a request on a connection that undici serves. Resolves when the response's head is there or the exchange failed;
 * never rejects. `stale` where a kept connection turned out to be closed and the request may go again on another one.
 */
export function sendByUndici(
  connection: PooledConnection,
  request: OutboundRequest,
  exchange: UpstreamExchange,
): Promise<Attempt> {
  const { promise, resolve } = Promise.withResolvers<Attempt>();
  const settled = (failure: Error | undefined): void => {
    const isStale = failure !== undefined && isClosed(failure) && mayRepeat(connection, request, exchange);
    if (failure !== undefined && !isStale) exchange.fail(failure);
    resolve(isStale ? 'stale' : 'under-way');
  };
  const handler = new ExchangeHandler(exchange, connection.socket, settled);
  exchange.attach(handler);
  exchange.connected();
  connection.client.dispatch(
    {
      method: request.method,
      path: toWirePath(request.pathWithQuery),
      headers: toWireFields(request),
      body: exchange.outgoing ?? null,
      // undici compares it with the connection's; it comes from `Host` otherwise.
      ...{ servername: NO_SERVER_NAME },
    },
    handler,
  );
  return promise;
}

function isClosed(failure: Error): boolean {
  return toErrorCode(failure).tag === 'connection-terminated';
}

/** A kept connection may have been closed by the upstream while the request was on its way. Source: RFC 9112, 9.3.1. */
function mayRepeat({ isReused }: PooledConnection, request: OutboundRequest, exchange: UpstreamExchange): boolean {
  return isReused && request.body === undefined && IDEMPOTENT.has(request.method) && exchange.isUnanswered;
}

/** Tells the exchange what undici tells, and the other way round. */
class ExchangeHandler implements Dispatcher.DispatchHandler, Wire {
  readonly #exchange: UpstreamExchange;
  readonly #socket: Socket;
  readonly #settled: (failure: Error | undefined) => void;
  #controller: Dispatcher.DispatchController | undefined;

  /** `settled` is called when the head is there, or with why it is not, or the rest of the body is not. */
  constructor(exchange: UpstreamExchange, socket: Socket, settled: (failure: Error | undefined) => void) {
    this.#exchange = exchange;
    this.#socket = socket;
    this.#settled = settled;
  }

  pause(): void {
    this.#controller?.pause();
  }

  /** Not inside a callback of undici's parser, which is not re-entrant. */
  resume(): void {
    queueMicrotask(() => this.#exchange.attempt(() => this.#controller?.resume()));
  }

  /** Not by the controller: see `UpstreamPool`. */
  abort(error: Error): void {
    this.#socket.destroy(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return this.#exchange.informational();
    this.#exchange.attempt(() => this.#exchange.head(status, toEntries(controller.rawHeaders)));
    this.#settled(undefined);
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer): void {
    this.#exchange.bytes(bytes);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.#exchange.attempt(() => this.#exchange.end(toEntries(controller.rawTrailers)));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settled(error);
  }
}
