import { OK, err, type Result } from '../../util/result.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import type { IoError } from '../../io/io-error.ts';
import { Pollable } from '../io/poll.ts';
import { type ErrorCode, heldBytesOfErrorCode } from '../../http/error-code.ts';
import { Fields } from './fields.ts';
import { FutureIncomingResponse } from './future-incoming-response.ts';
import { HttpCause } from '../../http/http-cause.ts';
import { FutureTrailers, IncomingBody, IncomingRequest, IncomingResponse } from './incoming.ts';
import type { Method } from './method.ts';
import { OutgoingBody } from './outgoing-body.ts';
import { OutgoingRequest, OutgoingResponse, type Scheme } from './outgoing.ts';
import { RequestOptions } from './request-options.ts';
import { type GuestResponse, ResponseOutparam } from './response-outparam.ts';
import { defineHttp } from './define-http.ts';
import { TYPES_PARAMS } from './types-params.ts';

type Plain = Result<undefined, undefined>;
type Duration = bigint | undefined;

const fieldsFuncs = {
  '[constructor]fields': (ctx: WasiCtx) => Fields.create(ctx),
  '[static]fields.from-list': (ctx: WasiCtx, entries: [string, Uint8Array][]) => Fields.fromList(ctx, entries),
  '[method]fields.get': (_ctx: WasiCtx, self: Fields, name: string) => self.get(name),
  '[method]fields.has': (_ctx: WasiCtx, self: Fields, name: string) => self.has(name),
  '[method]fields.set': (_ctx: WasiCtx, self: Fields, name: string, value: Uint8Array[]) => self.set(name, value),
  '[method]fields.delete': (_ctx: WasiCtx, self: Fields, name: string) => self.delete(name),
  '[method]fields.append': (_ctx: WasiCtx, self: Fields, name: string, value: Uint8Array) => self.append(name, value),
  '[method]fields.entries': (_ctx: WasiCtx, self: Fields) => self.toList(),
  '[method]fields.clone': (_ctx: WasiCtx, self: Fields) => self.clone(),
};

const incomingFuncs = {
  '[method]incoming-request.method': (_ctx: WasiCtx, self: IncomingRequest): Method => self.method,
  '[method]incoming-request.path-with-query': (_ctx: WasiCtx, self: IncomingRequest) => self.head.pathWithQuery,
  '[method]incoming-request.scheme': (_ctx: WasiCtx, self: IncomingRequest): Scheme => ({ tag: self.head.scheme }),
  '[method]incoming-request.authority': (_ctx: WasiCtx, self: IncomingRequest) => self.head.authority,
  '[method]incoming-request.headers': (ctx: WasiCtx, self: IncomingRequest) => self.headers(ctx),
  '[method]incoming-request.consume': (_ctx: WasiCtx, self: IncomingRequest) => self.consume(),

  '[method]incoming-response.status': (_ctx: WasiCtx, self: IncomingResponse) => self.status,
  '[method]incoming-response.headers': (ctx: WasiCtx, self: IncomingResponse) => self.headers(ctx),
  '[method]incoming-response.consume': (_ctx: WasiCtx, self: IncomingResponse) => self.consume(),

  '[method]incoming-body.stream': (_ctx: WasiCtx, self: IncomingBody) => self.stream(),
  '[static]incoming-body.finish': (_ctx: WasiCtx, self: IncomingBody) => self.finish(),

  '[method]future-trailers.subscribe': (_ctx: WasiCtx, self: FutureTrailers) => new Pollable(self, self.children),
  '[method]future-trailers.get': (ctx: WasiCtx, self: FutureTrailers) => self.get(ctx),

  '[method]future-incoming-response.subscribe': (_ctx: WasiCtx, self: FutureIncomingResponse) =>
    new Pollable(self, self.children),
  '[method]future-incoming-response.get': (_ctx: WasiCtx, self: FutureIncomingResponse) => self.get(),
};

const outgoingFuncs = {
  '[constructor]outgoing-request': ({ held }: WasiCtx, headers: Fields) => new OutgoingRequest(held, headers),
  '[method]outgoing-request.body': (ctx: WasiCtx, self: OutgoingRequest) => self.body(ctx),
  '[method]outgoing-request.method': (_ctx: WasiCtx, self: OutgoingRequest) => self.method,
  '[method]outgoing-request.set-method': (_ctx: WasiCtx, self: OutgoingRequest, method: Method) =>
    self.setMethod(method),
  '[method]outgoing-request.path-with-query': (_ctx: WasiCtx, self: OutgoingRequest) => self.pathWithQuery,
  '[method]outgoing-request.set-path-with-query': (_ctx: WasiCtx, self: OutgoingRequest, path: string | undefined) =>
    self.setPathWithQuery(path),
  '[method]outgoing-request.scheme': (_ctx: WasiCtx, self: OutgoingRequest) => self.scheme,
  '[method]outgoing-request.set-scheme': (_ctx: WasiCtx, self: OutgoingRequest, scheme: Scheme | undefined) =>
    self.setScheme(scheme),
  '[method]outgoing-request.authority': (_ctx: WasiCtx, self: OutgoingRequest) => self.authority,
  '[method]outgoing-request.set-authority': (_ctx: WasiCtx, self: OutgoingRequest, authority: string | undefined) =>
    self.setAuthority(authority),
  '[method]outgoing-request.headers': (ctx: WasiCtx, self: OutgoingRequest) => self.headers(ctx),

  '[constructor]outgoing-response': (_ctx: WasiCtx, headers: Fields) => new OutgoingResponse(headers),
  '[method]outgoing-response.status-code': (_ctx: WasiCtx, self: OutgoingResponse) => self.status,
  '[method]outgoing-response.set-status-code': (_ctx: WasiCtx, self: OutgoingResponse, status: number) =>
    self.setStatusCode(status),
  '[method]outgoing-response.headers': (ctx: WasiCtx, self: OutgoingResponse) => self.headers(ctx),
  '[method]outgoing-response.body': (ctx: WasiCtx, self: OutgoingResponse) => self.body(ctx),

  '[method]outgoing-body.write': (_ctx: WasiCtx, self: OutgoingBody) => self.write(),
  '[static]outgoing-body.finish': (_ctx: WasiCtx, self: OutgoingBody, trailers: Fields | undefined) =>
    self.finish(trailers),

  '[static]response-outparam.set': (ctx: WasiCtx, self: ResponseOutparam, response: GuestResponse) => {
    if (response.tag === 'err') ctx.held.take(heldBytesOfErrorCode(response.val));
    self.set(response);
  },
  '[method]response-outparam.send-informational': (): Result<undefined, ErrorCode> =>
    err({ tag: 'internal-error', val: 'informational responses are not supported' }),
};

const optionsFuncs = {
  '[constructor]request-options': () => new RequestOptions(),
  '[method]request-options.connect-timeout': (_ctx: WasiCtx, self: RequestOptions) => self.connectTimeoutNs,
  '[method]request-options.set-connect-timeout': (_ctx: WasiCtx, self: RequestOptions, duration: Duration): Plain => {
    self.connectTimeoutNs = duration;
    return OK;
  },
  '[method]request-options.first-byte-timeout': (_ctx: WasiCtx, self: RequestOptions) => self.firstByteTimeoutNs,
  '[method]request-options.set-first-byte-timeout': (
    _ctx: WasiCtx,
    self: RequestOptions,
    duration: Duration,
  ): Plain => {
    self.firstByteTimeoutNs = duration;
    return OK;
  },
  '[method]request-options.between-bytes-timeout': (_ctx: WasiCtx, self: RequestOptions) => self.betweenBytesTimeoutNs,
  '[method]request-options.set-between-bytes-timeout': (
    _ctx: WasiCtx,
    self: RequestOptions,
    duration: Duration,
  ): Plain => {
    self.betweenBytesTimeoutNs = duration;
    return OK;
  },
};

/** `wasi:http/types`. Source: wasi-http `types.wit`. */
export const httpTypes = defineHttp('types', {
  resources: {
    fields: Fields,
    'future-incoming-response': FutureIncomingResponse,
    'future-trailers': FutureTrailers,
    'incoming-body': IncomingBody,
    'incoming-request': IncomingRequest,
    'incoming-response': IncomingResponse,
    'outgoing-body': OutgoingBody,
    'outgoing-request': OutgoingRequest,
    'outgoing-response': OutgoingResponse,
    'request-options': RequestOptions,
    'response-outparam': ResponseOutparam,
  },
  params: TYPES_PARAMS,
  funcs: {
    ...fieldsFuncs,
    ...incomingFuncs,
    ...outgoingFuncs,
    ...optionsFuncs,
    /** The HTTP failure behind a stream's error, if it is one. */
    'http-error-code': (_ctx: WasiCtx, error: IoError): ErrorCode | undefined =>
      error.cause instanceof HttpCause ? error.cause.code : undefined,
  },
});
