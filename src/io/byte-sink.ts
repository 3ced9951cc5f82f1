import { READY, type Readiness } from './readiness.ts';
import type { StreamError } from './stream-error.ts';

/** The destination of an output-stream's bytes. Ready when `budget` is not 0. */
export interface ByteSink extends Readiness {
  /** How many bytes one `write` may pass now; 0 if the guest has to wait, or while a flush is under way. */
  budget(): number | StreamError;
  /** Takes at most `budget()` bytes, and ownership of the array. Never waits. */
  write(bytes: Uint8Array): StreamError | undefined;
  /** Asks for everything written so far to be passed on; `budget()` is 0 until that is done. */
  flush(): StreamError | undefined;
}

/** The budget of a sink that keeps nothing; it bounds how much the host copies in one call. */
const MAX_DISCARDED_BYTES = 1024 * 1024;

/** A sink that discards everything. */
export const DISCARDING_SINK: ByteSink = Object.freeze({
  ...READY,
  budget: () => MAX_DISCARDED_BYTES,
  write: () => undefined,
  flush: () => undefined,
});
