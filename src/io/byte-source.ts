import type { Readiness } from './readiness.ts';
import { CLOSED, type StreamError } from './stream-error.ts';

/** The origin of an input-stream's bytes. Ready when `read` would return bytes or the end. */
export interface ByteSource extends Readiness {
  /** Returns up to `maxBytes` (> 0) of the available bytes, which the caller then owns; empty if none are available yet. Never waits. */
  read(maxBytes: number): Uint8Array | StreamError;
}

/** A source that is at its end from the beginning: an empty body, a closed stdin. */
export const EMPTY_SOURCE: ByteSource = Object.freeze({
  read: () => CLOSED,
  isReady: () => true,
  onReady: () => {},
  offReady: () => {},
});
