import { READY, type Readiness } from './readiness.ts';
import type { StreamError } from './stream-error.ts';

/** Where the bytes of an output-stream go. Ready when `budget` is not 0. */
export interface ByteSink extends Readiness {
  /** How many bytes one `write` may take now; 0 where the guest has to wait, or while a flush is under way. */
  budget(): number | StreamError;
  /** Takes bytes that the caller gives away: at most `budget()` of them. Never waits. */
  write(bytes: Uint8Array): StreamError | undefined;
  /** Asks for all that was written to be passed on; `budget()` is 0 until that is done. */
  flush(): StreamError | undefined;
}

/** One write to a sink that keeps nothing; it bounds what the host copies at once. */
const MAX_DISCARDED_BYTES = 1024 * 1024;

/** A sink that swallows what it is given: an output that nobody wants. */
export const DISCARDING_SINK: ByteSink = Object.freeze({
  ...READY,
  budget: () => MAX_DISCARDED_BYTES,
  write: () => undefined,
  flush: () => undefined,
});
