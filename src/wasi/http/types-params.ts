import type { ParamsByFunc } from '../../abi/emit/guard.ts';
import { IoError } from '../../io/io-error.ts';
import * as t from '../param-types.ts';
import { Fields } from './fields.ts';
import { IncomingBody } from './incoming.ts';
import { OutgoingResponse } from './outgoing.ts';
import { OutgoingBody } from './outgoing-body.ts';
import { ResponseOutparam } from './response-outparam.ts';

const maybeString = t.option(t.string);
const maybeDuration = t.option(t.u64);
const fields = t.own('fields', Fields);
const fieldSize = t.record({ 'field-name': maybeString, 'field-size': t.option(t.u32) });

const method = t.variant({
  ...t.plain('get', 'head', 'post', 'put', 'delete', 'connect', 'options', 'trace', 'patch'),
  other: t.string,
});

const scheme = t.variant({ ...t.plain('HTTP', 'HTTPS'), other: t.string });

const errorCode = t.variant({
  ...t.plain('DNS-timeout'),
  'DNS-error': t.record({ rcode: maybeString, 'info-code': t.option(t.u16) }),
  ...t.plain('destination-not-found', 'destination-unavailable', 'destination-IP-prohibited'),
  ...t.plain('destination-IP-unroutable', 'connection-refused', 'connection-terminated', 'connection-timeout'),
  ...t.plain('connection-read-timeout', 'connection-write-timeout', 'connection-limit-reached'),
  ...t.plain('TLS-protocol-error', 'TLS-certificate-error'),
  'TLS-alert-received': t.record({ 'alert-id': t.option(t.u8), 'alert-message': maybeString }),
  ...t.plain('HTTP-request-denied', 'HTTP-request-length-required'),
  'HTTP-request-body-size': t.option(t.u64),
  ...t.plain('HTTP-request-method-invalid', 'HTTP-request-URI-invalid', 'HTTP-request-URI-too-long'),
  'HTTP-request-header-section-size': t.option(t.u32),
  'HTTP-request-header-size': t.option(fieldSize),
  'HTTP-request-trailer-section-size': t.option(t.u32),
  'HTTP-request-trailer-size': fieldSize,
  ...t.plain('HTTP-response-incomplete'),
  'HTTP-response-header-section-size': t.option(t.u32),
  'HTTP-response-header-size': fieldSize,
  'HTTP-response-body-size': t.option(t.u64),
  'HTTP-response-trailer-section-size': t.option(t.u32),
  'HTTP-response-trailer-size': fieldSize,
  'HTTP-response-transfer-coding': maybeString,
  'HTTP-response-content-coding': maybeString,
  ...t.plain('HTTP-response-timeout', 'HTTP-upgrade-failed', 'HTTP-protocol-error', 'loop-detected'),
  ...t.plain('configuration-error'),
  'internal-error': maybeString,
});

/** What the functions of `wasi:http/types` take. Source: wasi-http `types.wit`. */
export const TYPES_PARAMS: ParamsByFunc = {
  'http-error-code': [t.borrow('error', IoError)],
  '[static]fields.from-list': [t.list(t.tuple(t.string, t.bytes))],
  '[method]fields.get': [t.string],
  '[method]fields.has': [t.string],
  '[method]fields.set': [t.string, t.list(t.bytes)],
  '[method]fields.delete': [t.string],
  '[method]fields.append': [t.string, t.bytes],
  '[static]incoming-body.finish': [t.own('incoming-body', IncomingBody)],
  '[constructor]outgoing-request': [fields],
  '[method]outgoing-request.set-method': [method],
  '[method]outgoing-request.set-path-with-query': [maybeString],
  '[method]outgoing-request.set-scheme': [t.option(scheme)],
  '[method]outgoing-request.set-authority': [maybeString],
  '[constructor]outgoing-response': [fields],
  '[method]outgoing-response.set-status-code': [t.u16],
  '[static]outgoing-body.finish': [t.own('outgoing-body', OutgoingBody), t.option(fields)],
  '[static]response-outparam.set': [
    t.own('response-outparam', ResponseOutparam),
    { kind: 'result', ok: t.own('outgoing-response', OutgoingResponse), err: errorCode },
  ],
  '[method]response-outparam.send-informational': [t.u16, fields],
  '[method]request-options.set-connect-timeout': [maybeDuration],
  '[method]request-options.set-first-byte-timeout': [maybeDuration],
  '[method]request-options.set-between-bytes-timeout': [maybeDuration],
};
