import { setImmediate as nextTurn } from 'node:timers/promises';
import { err, ok, type Result } from '../util/result.ts';
import type { ErrorCode } from '../http/error-code.ts';
import { UpstreamFailure } from './error-table.ts';
import { type FieldEntries, firstValue } from '../http/field-entries.ts';
import { type AdmitTarget, compilePolicy } from './outbound-policy.ts';
import type { OutboundRequest, SendRequest } from './send-request.ts';
import { parseContentLength } from '../http/syntax.ts';
import { isIdempotent } from '../http/idempotent-methods.ts';
import type { UpstreamConnection } from './upstream/connection.ts';
import { MAX_KEPT_BYTES } from './upstream/request-body.ts';
import { type ConnectOptions, connectUpstream, type Wanted } from './upstream/upstream-connect.ts';
import { UpstreamExchange } from './upstream/upstream-exchange.ts';
import { UpstreamPool } from './upstream/upstream-pool.ts';
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
  /** Those under way. */
  readonly exchanges: Set<UpstreamExchange>;
  readonly stopping: AbortController;
}

/** Where a request goes, and to which of its addresses. */
type Route = Pick<Wanted, 'target' | 'isAllowed'>;

const HTTP1 = ['http/1.1'] as const;
const HTTP2_OR_1 = ['h2', 'http/1.1'] as const;
/** Connections that one request may go to: an upstream that leaves it alone on each does not want it. */
const MAX_CONNECTIONS = 3;
const STOPPED: ErrorCode = { tag: 'connection-terminated' };

/** Made once a host. */
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
  const wanted = { ...route.val, ...limits, protocols: HTTP2_OR_1 };
  carry(upstreams, request, exchange, wanted).catch((error: unknown) => exchange.fail(error));
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

/** CONNECT asks for a tunnel, and an absolute form for a proxy. */
function refuse({ method, pathWithQuery, fields, body }: OutboundRequest): ErrorCode | undefined {
  if (method === 'CONNECT') return { tag: 'HTTP-request-method-invalid' };
  if (!pathWithQuery.startsWith('/') && pathWithQuery !== '*') return { tag: 'HTTP-request-URI-invalid' };
  const length = body === undefined ? declaredLength(fields) : body.contentLength;
  if (body === undefined && length !== undefined && length > 0n) return { tag: 'HTTP-request-body-size', val: 0n };
  // node:http2 counts in doubles.
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

/** Finds a connection that carries the request: a kept one, or a new one, or another new one if the upstream left it alone. */
async function carry(
  upstreams: Upstreams,
  request: OutboundRequest,
  exchange: UpstreamExchange,
  wanted: Wanted,
): Promise<void> {
  let kept = await takeKept(upstreams.pool, wanted, request);
  let { protocols } = wanted;
  for (let count = 0; count < MAX_CONNECTIONS; count += 1) {
    const connection = kept ?? (await open(upstreams, { ...wanted, protocols }));
    kept = undefined;
    const carried = await connection.carry(request, exchange);
    if (carried === 'over') return;
    if (carried === 'again-by-http1') protocols = HTTP1;
  }
  throw new UpstreamFailure({ tag: 'connection-terminated' }, 'the upstream left the request alone');
}

async function open({ pool, options }: Upstreams, wanted: Wanted): Promise<UpstreamConnection> {
  return pool.adopt(wanted.target.key, await connectUpstream(wanted, options));
}

/**
 * A kept connection may be closed by its upstream while the request is on its way, which then may have been read or not. So a request that cannot be
 * sent again takes one only if it is certain to stay open. Source: RFC 9112, 9.3.1.
 */
async function takeKept(
  pool: UpstreamPool,
  { target: { key }, signal }: Wanted,
  request: OutboundRequest,
): Promise<UpstreamConnection | undefined> {
  if (!pool.hasIdle(key)) return undefined;
  if (isRepeatable(request)) return pool.take(key);
  // What has closed a connection by now, and waits in the kernel, is seen when the event loop polls: between the next turn and the one after.
  await nextTurn();
  await nextTurn();
  return signal.aborted ? undefined : pool.takeTrusted(key);
}

/** Whether a request may be sent twice, and its body will be there to be sent again. */
function isRepeatable({ method, body }: OutboundRequest): boolean {
  if (!isIdempotent(method) || body === undefined) return isIdempotent(method);
  if (body.contentLength !== undefined) return body.contentLength <= MAX_KEPT_BYTES;
  // One that is still being written is empty or short, unless it is what the method is for.
  return body.isWhole ? body.queuedBytes <= MAX_KEPT_BYTES : method !== 'PUT';
}

function close({ stopping, exchanges, pool }: Upstreams): void {
  stopping.abort();
  for (const exchange of exchanges) exchange.fail(new UpstreamFailure(STOPPED, 'the host stops'));
  pool[Symbol.dispose]();
}
