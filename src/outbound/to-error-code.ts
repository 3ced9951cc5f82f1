import { toError } from '../util/to-error.ts';
import type { ErrorCode, PlainErrorCode } from '../http/error-code.ts';

/** A failure of an outgoing request whose error code is known at the point of failure. Carries the code through Node's callbacks. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure';
  readonly errorCode: ErrorCode;

  constructor(errorCode: ErrorCode, message: string = errorCode.tag) {
    super(message);
    this.errorCode = errorCode;
  }
}

const NAME_UNKNOWN: ErrorCode = { tag: 'DNS-error', val: { rcode: 'NXDOMAIN', infoCode: undefined } };
const NAME_SERVER_FAILED: ErrorCode = { tag: 'DNS-error', val: { rcode: 'SERVFAIL', infoCode: undefined } };

/** By the error codes of Node and OpenSSL. Source: Node's `errors.html`, libuv's errno list, X509_V_ERR names. */
const BY_CODE: ReadonlyMap<string, ErrorCode> = new Map([
  ['ENOTFOUND', NAME_UNKNOWN],
  ['ENODATA', NAME_UNKNOWN],
  ['EAI_AGAIN', NAME_SERVER_FAILED],
  ['EAI_FAIL', NAME_SERVER_FAILED],
  ['EAI_NODATA', NAME_UNKNOWN],
  ['EAI_NONAME', NAME_UNKNOWN],
  ['ESERVFAIL', NAME_SERVER_FAILED],
  ...plain('DNS-timeout', 'ETIMEOUT', 'EAI_TIMEOUT'),
  ...plain('connection-refused', 'ECONNREFUSED'),
  ...plain('connection-timeout', 'ETIMEDOUT', 'ERR_SOCKET_CONNECTION_TIMEOUT'),
  ...plain('destination-IP-unroutable', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EINVAL', 'EAFNOSUPPORT'),
  ...plain('destination-unavailable', 'EHOSTDOWN', 'ENETDOWN'),
  ...plain('destination-IP-prohibited', 'EACCES', 'EPERM'),
  ...plain('HTTP-request-denied', 'ERR_ACCESS_DENIED'),
  ...plain('connection-limit-reached', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'),
  ...plain('connection-terminated', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ENOTCONN', 'ERR_STREAM_PREMATURE_CLOSE'),
  ...plain('connection-terminated', 'ABORT_ERR'),
  ...plain('HTTP-protocol-error', 'EPROTO', 'ERR_INVALID_HTTP_TOKEN'),
  ...plain('TLS-protocol-error', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'HOSTNAME_MISMATCH'),
  ...plain('TLS-protocol-error', 'INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED', 'CRL_HAS_EXPIRED'),
]);

/** By families of codes, in order: the first prefix that matches counts. */
const BY_PREFIX: readonly (readonly [prefix: string, tag: PlainErrorCode])[] = [
  ['ERR_HTTP2_', 'HTTP-protocol-error'],
  ['CERT_', 'TLS-protocol-error'],
  ['UNABLE_TO_', 'TLS-protocol-error'],
  ['ERR_TLS_', 'TLS-protocol-error'],
  ['ERR_SSL_', 'TLS-protocol-error'],
  ['ERR_OSSL_', 'TLS-protocol-error'],
];

/**
 * The error code for a failure of Node or OpenSSL. Failures in no table become an `internal-error` with the message.
 *
 * An error that only wraps others (happy eyeballs tried several addresses) counts as the first of them; one without a known code counts as its cause.
 */
export function toErrorCode(error: unknown): ErrorCode {
  if (error instanceof UpstreamFailure) return error.errorCode;
  if (!(error instanceof Error)) return { tag: 'internal-error', val: toError(error).message };
  if (error instanceof AggregateError && error.errors.length > 0) return toErrorCode(error.errors[0]);
  const known = toKnownCode(error);
  if (known !== undefined) return known;
  return error.cause instanceof Error ? toErrorCode(error.cause) : { tag: 'internal-error', val: error.message };
}

/** Like `toErrorCode`, for failures after the head has arrived: then a connection that ends means an incomplete body. */
export function toBodyErrorCode(error: unknown): ErrorCode {
  const code = toErrorCode(error);
  return code.tag === 'connection-terminated' ? { tag: 'HTTP-response-incomplete' } : code;
}

function toKnownCode(error: Error): ErrorCode | undefined {
  if (!('code' in error) || typeof error.code !== 'string') return undefined;
  const { code } = error;
  const tag = BY_PREFIX.find(([prefix]) => code.startsWith(prefix))?.[1];
  return BY_CODE.get(code) ?? (tag === undefined ? undefined : { tag });
}

function plain(tag: PlainErrorCode, ...codes: readonly string[]): [string, ErrorCode][] {
  return codes.map((code) => [code, { tag }]);
}
