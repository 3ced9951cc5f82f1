import { err, ok, type Result } from '../util/result.ts';
import type { ErrorCode } from '../http/error-code.ts';
import { UpstreamFailure } from './to-error-code.ts';
import { type FieldEntries, firstValue } from '../http/field-entries.ts';
import { type AdmitTarget, compilePolicy } from './outbound-policy.ts';
import type { OutboundRequest, SendRequest } from './send-request.ts';
import { parseContentLength } from '../http/syntax.ts';
import { chooseConnection } from './upstream/choose-connection.ts';
import type { UpstreamConnection } from './upstream/connection.ts';
import { type ConnectOptions, connectUpstream, type ConnectRequest } from './upstream/connect-upstream.ts';
import { UpstreamExchange } from './upstream/upstream-exchange.ts';
import { UpstreamPool } from './upstream/upstream-pool.ts';
import { parseTarget } from './target.ts';

/** How guests' outgoing requests are sent. */
export interface OutboundOptions extends ConnectOptions {
  /** A compiled `OutboundPolicy`; by default that of `undefined`. */
  readonly admit?: AdmitTarget;
}

/** Sends guests' requests, and keeps connections for reuse. Disposing closes them all and fails the requests under way. */
export interface Outbound extends AsyncDisposable {
  readonly sendRequest: SendRequest;
}

/** The state shared by a host's outgoing requests. */
interface Upstreams {
  readonly options: ConnectOptions;
  readonly admit: AdmitTarget;
  readonly pool: UpstreamPool;
  /** The exchanges under way. */
  readonly exchanges: Set<UpstreamExchange>;
  readonly stopping: AbortController;
}

/** Where a request goes, and which of the target's addresses are allowed. */
type Route = Pick<ConnectRequest, 'target' | 'isAllowed'>;

const HTTP1 = ['http/1.1'] as const;
const HTTP2_OR_1 = ['h2', 'http/1.1'] as const;
/** How many connections to try for one request: an upstream that processes it on none of them does not want it. */
const MAX_CONNECTIONS = 3;
const STOPPED: ErrorCode = { tag: 'connection-terminated' };

/** Creates a host's outbound side, once per host. */
export function createOutbound(options: OutboundOptions = {}): Outbound {
  const upstreams: Upstreams = {
    options,
    admit: options.admit ?? compilePolicy(undefined),
    pool: new UpstreamPool(),
    exchanges: new Set(),
    stopping: new AbortController(),
  };
  return {
    sendRequest: (request, signal) => sendRequest(upstreams, request, signal),
    [Symbol.asyncDispose]: async () => close(upstreams),
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
  const limits = { timeoutMs: request.connectTimeoutMs, signal: exchange.closing };
  const connect = { ...route.val, ...limits, protocols: HTTP2_OR_1 };
  carry(upstreams, request, exchange, connect).catch((error: unknown) => exchange.fail(error));
  return await exchange.response;
}

/** What can be decided before anything is sent: where the request goes, or why it cannot be sent. */
function toRoute({ admit, stopping }: Upstreams, request: OutboundRequest): Result<Route, ErrorCode> {
  const refusal = stopping.signal.aborted ? STOPPED : refuse(request);
  if (refusal !== undefined) return err(refusal);
  const target = parseTarget(request.scheme, request.authority);
  if (target === undefined) return err({ tag: 'HTTP-request-URI-invalid' });
  const isAllowed = admit(target);
  if (isAllowed === undefined) return err({ tag: 'HTTP-request-denied' });
  return refuseZeroTimeout(request) ?? ok({ target, isAllowed });
}

/** Refuses CONNECT, which asks for a tunnel, in whatever case some upstream may take it, and absolute-form targets, which are for proxies. */
function refuse({ method, pathWithQuery, fields, body }: OutboundRequest): ErrorCode | undefined {
  if (method.toUpperCase() === 'CONNECT') return { tag: 'HTTP-protocol-error' };
  if (!pathWithQuery.startsWith('/') && pathWithQuery !== '*') return { tag: 'HTTP-request-URI-invalid' };
  const length = body === undefined ? declaredLength(fields) : body.contentLength;
  if (body === undefined && length !== undefined && length > 0n) return { tag: 'HTTP-request-body-size', val: 0n };
  // node:http2 counts in doubles.
  if (length !== undefined && length > Number.MAX_SAFE_INTEGER) return { tag: 'HTTP-request-body-size', val: length };
  return undefined;
}

/** A timeout of 0 has expired before anything could happen. */
function refuseZeroTimeout(request: OutboundRequest): Result<never, ErrorCode> | undefined {
  if (request.connectTimeoutMs <= 0) return err({ tag: 'connection-timeout' });
  return request.firstByteTimeoutMs <= 0 ? err({ tag: 'connection-read-timeout' }) : undefined;
}

function declaredLength(fields: FieldEntries): bigint | undefined {
  const value = firstValue(fields, 'content-length');
  return value === undefined ? undefined : parseContentLength(value);
}

/** Sends the request over a kept connection or a new one, and over further new ones as long as the upstream has not processed it. */
async function carry(
  upstreams: Upstreams,
  request: OutboundRequest,
  exchange: UpstreamExchange,
  connect: ConnectRequest,
): Promise<void> {
  let kept = await chooseConnection(upstreams.pool, connect, request);
  let { protocols } = connect;
  for (let count = 0; count < MAX_CONNECTIONS; count += 1) {
    const connection = kept ?? (await open(upstreams, { ...connect, protocols }));
    kept = undefined;
    const carried = await connection.carry(request, exchange);
    if (carried === 'done') return;
    if (carried === 'retry-with-http1') protocols = HTTP1;
  }
  throw new UpstreamFailure({ tag: 'connection-terminated' }, 'the upstream did not process the request');
}

async function open({ pool, options }: Upstreams, connect: ConnectRequest): Promise<UpstreamConnection> {
  return pool.adopt(connect.target.key, await connectUpstream(connect, options));
}

function close({ stopping, exchanges, pool }: Upstreams): void {
  stopping.abort();
  for (const exchange of exchanges) exchange.fail(new UpstreamFailure(STOPPED, 'the host is stopping'));
  pool[Symbol.dispose]();
}
