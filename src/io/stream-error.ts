import { IoError } from './io-error.ts';

/** WIT's `stream-error`. After either of them the stream stays at its end. */
export type StreamError = { readonly tag: 'closed' } | { readonly tag: 'last-operation-failed'; readonly val: IoError };

/** The stream is at its end, or its reader is gone. */
export const CLOSED: StreamError = Object.freeze({ tag: 'closed' });

/** A stream's operation failed; `cause` is as in `IoError`. */
export function failed(message: string, cause?: unknown): StreamError {
  return { tag: 'last-operation-failed', val: new IoError(message, cause) };
}
