import { IoError } from './io-error.ts';

/** WIT's `stream-error`. After any of them the stream is at its end for good. */
export type StreamError = { readonly tag: 'closed' } | { readonly tag: 'last-operation-failed'; readonly val: IoError };

/** The stream is at its end, or nobody takes its bytes any more. */
export const CLOSED: StreamError = Object.freeze({ tag: 'closed' });

/** An operation of a stream failed; `cause` as in `IoError`. */
export function failed(message: string, cause?: unknown): StreamError {
  return { tag: 'last-operation-failed', val: new IoError(message, cause) };
}
