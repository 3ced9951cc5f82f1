import { failed, type StreamError } from '../io/stream-error.ts';
import type { ErrorCode } from './error-code.ts';

/** Why a body broke: the `cause` of an `IoError` that is HTTP's. */
export class HttpCause {
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    this.code = code;
  }
}

/** An operation of a body's stream failed; guests can ask for `code`. */
export function bodyFailed(message: string, code: ErrorCode): StreamError {
  return failed(message, new HttpCause(code));
}
