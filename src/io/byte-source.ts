import type { Readiness } from './readiness.ts';
import { CLOSED, type StreamError } from './stream-error.ts';

/** Where the bytes of an input-stream come from. Ready when `read` would give bytes or the end. */
export interface ByteSource extends Readiness {
  /** Up to `maxBytes` (> 0) of what is there, which the caller then owns; empty where nothing is there yet. Never waits. */
  read(maxBytes: number): Uint8Array | StreamError;
}

/** A source that is at its end from the start: an empty body, a closed stdin. */
export const EMPTY_SOURCE: ByteSource = Object.freeze({
  read: () => CLOSED,
  isReady: () => true,
  onReady: () => {},
  offReady: () => {},
});
