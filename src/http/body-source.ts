import type { Result } from '../util/result.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { EMPTY_SOURCE } from '../io/byte-source.ts';
import type { ErrorCode } from './error-code.ts';
import type { FieldEntries } from './field-entries.ts';

/**
 * The body sent by a client or an upstream, as it arrives.
 *
 * The `IoError` of a failed `read` has an `HttpCause` as its `cause`. Disposing says that nothing more will be read:
 * the rest of the body is discarded, or its connection is closed.
 */
export interface BodySource extends ByteSource, Disposable {
  /** Discards the rest of the body, to get to its trailers. */
  discard(): void;
  /** At the end of the body: the trailers, an `undefined` value if there are none, or why the body broke off; before that `undefined`. */
  trailers(): Result<FieldEntries | undefined, ErrorCode> | undefined;
}

/** The body of a message without one. */
export const EMPTY_BODY: BodySource = Object.freeze({
  ...EMPTY_SOURCE,
  discard: () => {},
  trailers: () => ({ tag: 'ok', val: undefined }) as const,
  [Symbol.dispose]: () => {},
});
