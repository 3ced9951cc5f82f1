/**
 * Why a stream's last operation failed.
 *
 * `cause` is the failure in the terms of the package that owns the stream (an HTTP `error-code`, …), for that package's downcast.
 */
export class IoError {
  readonly message: string;
  readonly cause: unknown;

  constructor(message: string, cause?: unknown) {
    this.message = message;
    this.cause = cause;
  }
}
