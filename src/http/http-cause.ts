import { failed, type StreamError } from '../io/stream-error.ts';
import type { ErrorCode } from './error-code.ts';

/** Why a body broke off: the `cause` of an `IoError` of HTTP. */
export class HttpCause {
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    this.code = code;
  }
}

/** The failure of an operation on a body's stream. Guests can get `code` from it with `http-error-code`. */
export function bodyFailed(message: string, code: ErrorCode): StreamError {
  return failed(message, new HttpCause(code));
}
