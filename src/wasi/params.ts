import type { ParamsByFunc } from '../abi/emit/guard.ts';
import type { ResourceClass } from '../abi/host-interface.ts';
import type { PrimValType, ValType } from '../abi/types.ts';
import { Fields } from './http/fields.ts';
import { IncomingBody } from './http/incoming.ts';
import { OutgoingBody } from './http/outgoing-body.ts';
import { OutgoingRequest, OutgoingResponse } from './http/outgoing.ts';
import { RequestOptions } from './http/request-options.ts';
import { ResponseOutparam } from './http/response-outparam.ts';
import { IoError } from '../io/io-error.ts';
import { InputStream } from './io/input-stream.ts';
import { Pollable } from './io/poll.ts';
import { Network } from './sockets/network.ts';

const string = prim('string');
const u8 = prim('u8');
const u16 = prim('u16');
const u32 = prim('u32');
const u64 = prim('u64');
const bytes = list(u8);
const maybeString = option(string);
const fieldSize = record({ 'field-name': maybeString, 'field-size': option(u32) });

const method = variant({
  ...plain('get', 'head', 'post', 'put', 'delete', 'connect', 'options', 'trace', 'patch'),
  other: string,
});

const scheme = variant({ ...plain('HTTP', 'HTTPS'), other: string });

const errorCode = variant({
  ...plain('DNS-timeout'),
  'DNS-error': record({ rcode: maybeString, 'info-code': option(u16) }),
  ...plain('destination-not-found', 'destination-unavailable', 'destination-IP-prohibited'),
  ...plain('destination-IP-unroutable', 'connection-refused', 'connection-terminated', 'connection-timeout'),
  ...plain('connection-read-timeout', 'connection-write-timeout', 'connection-limit-reached'),
  ...plain('TLS-protocol-error', 'TLS-certificate-error'),
  'TLS-alert-received': record({ 'alert-id': option(u8), 'alert-message': maybeString }),
  ...plain('HTTP-request-denied', 'HTTP-request-length-required'),
  'HTTP-request-body-size': option(u64),
  ...plain('HTTP-request-method-invalid', 'HTTP-request-URI-invalid', 'HTTP-request-URI-too-long'),
  'HTTP-request-header-section-size': option(u32),
  'HTTP-request-header-size': option(fieldSize),
  'HTTP-request-trailer-section-size': option(u32),
  'HTTP-request-trailer-size': fieldSize,
  ...plain('HTTP-response-incomplete'),
  'HTTP-response-header-section-size': option(u32),
  'HTTP-response-header-size': fieldSize,
  'HTTP-response-body-size': option(u64),
  'HTTP-response-trailer-section-size': option(u32),
  'HTTP-response-trailer-size': fieldSize,
  'HTTP-response-transfer-coding': maybeString,
  'HTTP-response-content-coding': maybeString,
  ...plain('HTTP-response-timeout', 'HTTP-upgrade-failed', 'HTTP-protocol-error', 'loop-detected'),
  ...plain('configuration-error'),
  'internal-error': maybeString,
});

const fields = own('fields', Fields);
const ioError = borrow('error', IoError);
const addressFamily: ValType = { kind: 'enum', labels: ['ipv4', 'ipv6'] };

/** What the functions of each interface take, as their WIT has it; nobody ever holds what the methods that are left out are of. */
export const PARAMS: Readonly<Record<string, ParamsByFunc>> = {
  'wasi:cli/exit': { exit: [{ kind: 'result', ok: undefined, err: undefined }], 'exit-with-code': [u8] },
  'wasi:clocks/monotonic-clock': { 'subscribe-instant': [u64], 'subscribe-duration': [u64] },
  'wasi:filesystem/types': { 'filesystem-error-code': [ioError] },
  'wasi:http/outgoing-handler': {
    handle: [own('outgoing-request', OutgoingRequest), option(own('request-options', RequestOptions))],
  },
  'wasi:http/types': {
    'http-error-code': [ioError],
    '[static]fields.from-list': [list({ kind: 'tuple', elements: [string, bytes] })],
    '[method]fields.get': [string],
    '[method]fields.has': [string],
    '[method]fields.set': [string, list(bytes)],
    '[method]fields.delete': [string],
    '[method]fields.append': [string, bytes],
    '[static]incoming-body.finish': [own('incoming-body', IncomingBody)],
    '[constructor]outgoing-request': [fields],
    '[method]outgoing-request.set-method': [method],
    '[method]outgoing-request.set-path-with-query': [maybeString],
    '[method]outgoing-request.set-scheme': [option(scheme)],
    '[method]outgoing-request.set-authority': [maybeString],
    '[constructor]outgoing-response': [fields],
    '[method]outgoing-response.set-status-code': [u16],
    '[static]outgoing-body.finish': [own('outgoing-body', OutgoingBody), option(fields)],
    '[static]response-outparam.set': [
      own('response-outparam', ResponseOutparam),
      { kind: 'result', ok: own('outgoing-response', OutgoingResponse), err: errorCode },
    ],
    '[method]response-outparam.send-informational': [u16, fields],
    '[method]request-options.set-connect-timeout': [option(u64)],
    '[method]request-options.set-first-byte-timeout': [option(u64)],
    '[method]request-options.set-between-bytes-timeout': [option(u64)],
  },
  'wasi:io/poll': { poll: [list(borrow('pollable', Pollable))] },
  'wasi:io/streams': {
    '[method]input-stream.read': [u64],
    '[method]input-stream.blocking-read': [u64],
    '[method]input-stream.skip': [u64],
    '[method]input-stream.blocking-skip': [u64],
    '[method]output-stream.write': [bytes],
    '[method]output-stream.blocking-write-and-flush': [bytes],
    '[method]output-stream.write-zeroes': [u64],
    '[method]output-stream.blocking-write-zeroes-and-flush': [u64],
    '[method]output-stream.splice': [borrow('input-stream', InputStream), u64],
    '[method]output-stream.blocking-splice': [borrow('input-stream', InputStream), u64],
  },
  'wasi:random/insecure': { 'get-insecure-random-bytes': [u64] },
  'wasi:random/random': { 'get-random-bytes': [u64] },
  'wasi:sockets/ip-name-lookup': { 'resolve-addresses': [borrow('network', Network), string] },
  'wasi:sockets/network': { 'network-error-code': [ioError] },
  'wasi:sockets/tcp-create-socket': { 'create-tcp-socket': [addressFamily] },
  'wasi:sockets/udp-create-socket': { 'create-udp-socket': [addressFamily] },
};

function prim(kind: PrimValType): ValType {
  return { kind };
}

function list(element: ValType): ValType {
  return { kind: 'list', element, length: undefined };
}

function option(some: ValType): ValType {
  return { kind: 'option', some };
}

function record(types: Readonly<Record<string, ValType>>): ValType {
  return { kind: 'record', fields: Object.entries(types).map(([label, type]) => ({ label, type })) };
}

function variant(types: Readonly<Record<string, ValType | undefined>>): ValType {
  return { kind: 'variant', cases: Object.entries(types).map(([label, type]) => ({ label, type })) };
}

/** Cases that carry nothing. */
function plain(...labels: readonly string[]): Record<string, undefined> {
  return Object.fromEntries(labels.map((label) => [label, undefined]));
}

function own(name: string, repClass: ResourceClass): ValType {
  return { kind: 'own', resource: { name, repClass } };
}

function borrow(name: string, repClass: ResourceClass): ValType {
  return { kind: 'borrow', resource: { name, repClass } };
}
