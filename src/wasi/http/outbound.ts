import type { Socket } from 'node:net';
import { err, ok, type Result } from '../../abi/host-interface.ts';
import type { ErrorCode } from './error-code.ts';
import { UpstreamFailure } from './error-table.ts';
import { type FieldEntries, firstValue } from './field-entries.ts';
import { NodeConnections, sendByNode } from './node-transport.ts';
import { type AdmitTarget, compilePolicy } from './outbound-policy.ts';
import type { OutboundRequest, SendRequest } from './send-request.ts';
import { parseContentLength } from './syntax.ts';
import { type Attempt, sendByUndici } from './undici-transport.ts';
import { type ConnectOptions, connectUpstream, type Wanted } from './upstream-connect.ts';
import { UpstreamExchange } from './upstream-exchange.ts';
import { isHttp2, type PooledConnection, UpstreamPool } from './upstream-pool.ts';
import { parseTarget } from './upstream-target.ts';

/** How guests' outgoing requests are sent. */
export interface OutboundOptions extends ConnectOptions {
  /** A compiled `OutboundPolicy`. By default that of `undefined`. */
  readonly admit?: AdmitTarget;
}

/** Sends guests' requests over connections that it keeps. Disposing closes them all and fails what is under way. */
export interface Outbound extends AsyncDisposable {
  readonly sendRequest: SendRequest;
}

/** What a host's outgoing requests share. */
interface Upstreams {
  readonly options: ConnectOptions;
  readonly admit: AdmitTarget;
  readonly pool: UpstreamPool;
  readonly nodeConnections: NodeConnections;
  /** Those under way. */
  readonly exchanges: Set<UpstreamExchange>;
  readonly stopping: AbortController;
}

/** Where a request goes, and to which of its addresses. */
type Route = Pick<Wanted, 'target' | 'isAllowed'>;

const HTTP1 = ['http/1.1'] as const;
const HTTP2_OR_1 = ['h2', 'http/1.1'] as const;
const STOPPED: ErrorCode = { tag: 'connection-terminated' };

/** Made once a host. */
export function createOutbound(options: OutboundOptions = {}): Outbound {
  const upstreams: Upstreams = {
    options,
    admit: options.admit ?? compilePolicy(undefined),
    pool: new UpstreamPool(),
    nodeConnections: new NodeConnections(),
    exchanges: new Set(),
    stopping: new AbortController(),
  };
  return {
    sendRequest: (request, signal) => sendRequest(upstreams, request, signal),
    [Symbol.asyncDispose]: () => close(upstreams),
  };
}

async function sendRequest(
  upstreams: Upstreams,
  request: OutboundRequest,
  signal: AbortSignal,
): ReturnType<SendRequest> {
  const route = toRoute(upstreams, request);
  if (route.tag === 'err') {
    request.body?.leave();
    return route;
  }
  const exchange = new UpstreamExchange(request, signal);
  upstreams.exchanges.add(exchange);
  exchange.onEnd(() => upstreams.exchanges.delete(exchange));
  const protocols = needsHttp1(request) ? HTTP1 : HTTP2_OR_1;
  const wanted = { ...route.val, protocols, timeoutMs: request.connectTimeoutMs, signal: exchange.closing };
  await carry(upstreams, request, exchange, wanted).catch((error: unknown) => exchange.fail(error));
  return await exchange.response;
}

/** What can be said before anything is sent: where the request goes, or why it goes nowhere. */
function toRoute({ admit, stopping }: Upstreams, request: OutboundRequest): Result<Route, ErrorCode> {
  const refusal = stopping.signal.aborted ? STOPPED : refuse(request);
  if (refusal !== undefined) return err(refusal);
  const target = parseTarget(request.scheme, request.authority);
  if (target === undefined) return err({ tag: 'HTTP-request-URI-invalid' });
  const isAllowed = admit(target);
  if (isAllowed === undefined) return err({ tag: 'HTTP-request-denied' });
  return refuseAtOnce(request) ?? ok({ target, isAllowed });
}

/** The clients take CONNECT for a tunnel, and an absolute form for another host. */
function refuse({ method, pathWithQuery, fields, body }: OutboundRequest): ErrorCode | undefined {
  if (method === 'CONNECT') return { tag: 'HTTP-request-method-invalid' };
  if (!pathWithQuery.startsWith('/') && pathWithQuery !== '*') return { tag: 'HTTP-request-URI-invalid' };
  const length = body === undefined ? declaredLength(fields) : body.contentLength;
  if (body === undefined && length !== undefined && length > 0n) return { tag: 'HTTP-request-body-size', val: 0n };
  // undici and node:http count in doubles.
  if (length !== undefined && length > Number.MAX_SAFE_INTEGER) return { tag: 'HTTP-request-body-size', val: length };
  return undefined;
}

/** A timeout of zero has passed before anything could happen. */
function refuseAtOnce(request: OutboundRequest): Result<never, ErrorCode> | undefined {
  if (request.connectTimeoutMs <= 0) return err({ tag: 'connection-timeout' });
  return request.firstByteTimeoutMs <= 0 ? err({ tag: 'connection-read-timeout' }) : undefined;
}

function declaredLength(fields: FieldEntries): bigint | undefined {
  const value = firstValue(fields, 'content-length');
  return value === undefined ? undefined : parseContentLength(value);
}

/** undici rejects these, and sends no trailers. */
function needsHttp1({ pathWithQuery, fields, body }: OutboundRequest): boolean {
  if (pathWithQuery === '*') return true;
  return fields.some(([name]) => name === 'expect' || (name === 'trailer' && body !== undefined));
}

/**
 * Chooses the connection and the client for a request: undici without a body and on HTTP/2, node:http with a body on HTTP/1.1.
 *
 * On HTTP/1.1 undici holds the head back until the body's first byte, and takes a 100 (Continue) that it did not ask for,
 * which servers send to requests with a body, for an error.
 */
async function carry(
  upstreams: Upstreams,
  request: OutboundRequest,
  exchange: UpstreamExchange,
  wanted: Wanted,
): Promise<void> {
  const { options, pool, nodeConnections } = upstreams;
  const { key, scheme } = wanted.target;
  const connect = (): Promise<Socket> => connectUpstream(wanted, options);
  const needsNode = needsHttp1(request) || (scheme === 'http' && request.body !== undefined);
  const kept = needsNode ? undefined : takeKept(pool, key, request);
  if (kept !== undefined && (await sendOn(pool, kept, request, exchange)) === 'under-way') return;
  if (needsNode || (request.body !== undefined && nodeConnections.hasIdle(key))) {
    return sendByNode(nodeConnections, request, exchange, { key, connect });
  }
  const socket = await connect();
  if (request.body === undefined || isHttp2(socket)) {
    await sendOn(pool, pool.adopt(key, socket), request, exchange);
    return;
  }
  let isTaken = false;
  const take = (): Promise<Socket> => {
    isTaken = true;
    return Promise.resolve(socket);
  };
  sendByNode(nodeConnections, request, exchange, { key, connect: take });
  // Another request's connection may have become free in the meantime.
  if (!isTaken) socket.destroy();
}

function takeKept(pool: UpstreamPool, key: string, { body }: OutboundRequest): PooledConnection | undefined {
  return body === undefined || pool.hasHttp2(key) ? pool.take(key) : undefined;
}

async function sendOn(
  pool: UpstreamPool,
  connection: PooledConnection,
  request: OutboundRequest,
  exchange: UpstreamExchange,
): Promise<Attempt> {
  const attempt = await sendByUndici(connection, request, exchange);
  if (attempt === 'stale') pool.retire(connection);
  else exchange.onEnd(() => (exchange.isCleanlyOver ? pool.release(connection) : pool.retire(connection)));
  return attempt;
}

async function close({ stopping, exchanges, pool, nodeConnections }: Upstreams): Promise<void> {
  stopping.abort();
  for (const exchange of exchanges) exchange.fail(new UpstreamFailure(STOPPED, 'the host stops'));
  nodeConnections.destroy();
  await pool[Symbol.asyncDispose]();
}
