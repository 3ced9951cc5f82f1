/**
 * Why a stream's last operation failed.
 *
 * `cause` is the failure as the package that owns the stream describes it (an HTTP `error-code`, …), for that package's downcast.
 */
export class IoError {
  readonly message: string;
  readonly cause: unknown;

  constructor(message: string, cause?: unknown) {
    this.message = message;
    this.cause = cause;
  }
}
