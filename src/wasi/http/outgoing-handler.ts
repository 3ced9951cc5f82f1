import { err, ok, type Result } from '../../util/result.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { Charge } from '../../util/held-bytes.ts';
import type { ErrorCode } from '../../http/error-code.ts';
import { FutureIncomingResponse } from './future-incoming-response.ts';
import { formatMethod } from './method.ts';
import { EXCHANGE_HELD_BYTES, OutboundGate } from '../../outbound/outbound-gate.ts';
import { OutgoingRequest } from './outgoing.ts';
import { RequestOptions, toTimeoutMs } from './request-options.ts';
import type { OutboundRequest } from '../../outbound/send-request.ts';
import { defineHttp } from './define-http.ts';
import type { HttpGrants } from './grants.ts';
import * as t from '../param-types.ts';

/** `wasi:http/outgoing-handler`. Source: wasi-http `handler.wit`. */
export const outgoingHandler = defineHttp('outgoing-handler', {
  params: {
    handle: [t.own('outgoing-request', OutgoingRequest), t.option(t.own('request-options', RequestOptions))],
  },
  funcs: {
    handle: (
      ctx: WasiCtx<HttpGrants>,
      request: OutgoingRequest,
      options: RequestOptions | undefined,
    ): Result<FutureIncomingResponse, ErrorCode> => {
      request.assertSendable();
      const outbound = toOutboundRequest(request, options);
      if (outbound.tag === 'err') return refuse(request, outbound.val);
      const gate = ctx.state(OutboundGate);
      const denied = gate.count(ctx.held);
      if (denied !== undefined) return refuse(request, denied);
      const charge = new Charge(ctx.held, EXCHANGE_HELD_BYTES + request.headHeldBytes);
      const sent = { ...outbound.val, charge };
      return ok(new FutureIncomingResponse(ctx, (signal) => gate.send(sent, signal)));
    },
  },
});

/** The request is the host's, and goes nowhere. */
function refuse(request: OutgoingRequest, code: ErrorCode): Result<never, ErrorCode> {
  request[Symbol.dispose]();
  return err(code);
}

function toOutboundRequest(
  request: OutgoingRequest,
  options: RequestOptions | undefined,
): Result<OutboundRequest, ErrorCode> {
  const scheme = request.scheme?.tag ?? 'HTTPS';
  const method = formatMethod(request.method);
  const { authority } = request;
  const pathWithQuery = toOriginForm(request.pathWithQuery ?? '');
  if (scheme === 'other') return err({ tag: 'HTTP-protocol-error' });
  if (method === undefined) return err({ tag: 'HTTP-request-method-invalid' });
  if (authority === undefined || authority === '') return err({ tag: 'HTTP-request-URI-invalid' });
  if (pathWithQuery === undefined) return err({ tag: 'HTTP-request-URI-invalid' });
  return ok({
    method,
    scheme: scheme === 'HTTP' ? 'http' : 'https',
    authority,
    pathWithQuery,
    fields: request.fields,
    body: request.bytes,
    connectTimeoutMs: toTimeoutMs(options?.connectTimeoutNs),
    firstByteTimeoutMs: toTimeoutMs(options?.firstByteTimeoutNs),
    betweenBytesTimeoutMs: toTimeoutMs(options?.betweenBytesTimeoutNs),
  });
}

/** A query alone asks for `/`, nothing at all for nothing, as in wasmtime. Source: RFC 9112, 3.2.1. */
function toOriginForm(pathWithQuery: string): string | undefined {
  if (pathWithQuery.startsWith('?')) return `/${pathWithQuery}`;
  return pathWithQuery === '' ? undefined : pathWithQuery;
}
