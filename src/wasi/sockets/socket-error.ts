import { err, type Result } from '../../util/result.ts';
import { failed, type StreamError } from '../../io/stream-error.ts';

/** WIT's `error-code`. Source: wasi-sockets `network.wit`. */
export type SocketErrorCode =
  | 'unknown'
  | 'access-denied'
  | 'not-supported'
  | 'invalid-argument'
  | 'out-of-memory'
  | 'timeout'
  | 'concurrency-conflict'
  | 'not-in-progress'
  | 'would-block'
  | 'invalid-state'
  | 'new-socket-limit'
  | 'address-not-bindable'
  | 'address-in-use'
  | 'remote-unreachable'
  | 'connection-refused'
  | 'connection-reset'
  | 'connection-aborted'
  | 'datagram-too-large'
  | 'name-unresolvable'
  | 'temporary-resolver-failure'
  | 'permanent-resolver-failure';

export type SocketResult<T> = Result<T, SocketErrorCode>;

/** The failure of a function of sockets. */
export function socketError(code: SocketErrorCode): Result<never, SocketErrorCode> {
  return err(code);
}

/** By the codes of Node's errors. Source: libuv's errno list, Node's `errors.html`. */
const BY_CODE: ReadonlyMap<string, SocketErrorCode> = new Map([
  ...codes('access-denied', 'EPERM', 'EACCES', 'ERR_ACCESS_DENIED'),
  ...codes('address-in-use', 'EADDRINUSE'),
  ...codes('address-not-bindable', 'EADDRNOTAVAIL'),
  ...codes('timeout', 'ETIMEDOUT'),
  ...codes('connection-refused', 'ECONNREFUSED'),
  ...codes('connection-reset', 'ECONNRESET', 'EPIPE'),
  ...codes('connection-aborted', 'ECONNABORTED'),
  ...codes('invalid-argument', 'EINVAL'),
  ...codes('remote-unreachable', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'ENETUNREACH', 'ENONET'),
  ...codes('invalid-state', 'EISCONN', 'ENOTCONN', 'EDESTADDRREQ'),
  ...codes('new-socket-limit', 'EMFILE', 'ENFILE'),
  ...codes('datagram-too-large', 'EMSGSIZE'),
  ...codes('out-of-memory', 'ENOMEM', 'ENOBUFS'),
  ...codes('not-supported', 'ENOTSUP', 'EOPNOTSUPP', 'ENOPROTOOPT', 'EPROTONOSUPPORT', 'EAFNOSUPPORT'),
  ...codes('name-unresolvable', 'ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA', 'EAI_ADDRFAMILY'),
  ...codes('temporary-resolver-failure', 'EAI_AGAIN', 'ESERVFAIL', 'ETIMEOUT'),
  ...codes('permanent-resolver-failure', 'EAI_FAIL', 'EREFUSED'),
]);

/** The `error-code` for an error of Node's. */
export function toSocketErrorCode(error: unknown): SocketErrorCode {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return (typeof code === 'string' ? BY_CODE.get(code) : undefined) ?? 'unknown';
}

function codes(to: SocketErrorCode, ...from: readonly string[]): [string, SocketErrorCode][] {
  return from.map((code) => [code, to]);
}

/** Why a connection's stream failed: the `cause` of an `IoError` of sockets. */
export class SocketCause {
  readonly code: SocketErrorCode;

  constructor(code: SocketErrorCode) {
    this.code = code;
  }
}

/** The failure of an operation on a connection's stream. Guests can get `code` from it with `network-error-code`. */
export function connectionFailed(code: SocketErrorCode): StreamError {
  return failed(`the connection broke: ${code}`, new SocketCause(code));
}
