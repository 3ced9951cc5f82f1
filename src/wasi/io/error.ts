import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';

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

/** `wasi:io/error`. Source: wasi-io `error.wit`. */
export const error = {
  name: 'wasi:io/error',
  version: '0.2.12',
  resources: { error: IoError },
  mayWait: [],
  funcs: {
    '[method]error.to-debug-string': (_ctx: WasiCtx, self: IoError): string => self.message,
  },
} satisfies HostInterface<WasiCtx>;
