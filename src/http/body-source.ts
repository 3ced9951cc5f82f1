import type { Result } from '../util/result.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { EMPTY_SOURCE } from '../io/byte-source.ts';
import type { ErrorCode } from './error-code.ts';
import type { FieldEntries } from './field-entries.ts';

/**
 * The body that a client or an upstream sends, as it arrives.
 *
 * A failed `read` carries an `HttpCause` as the `cause` of its `IoError`. Disposing says that nobody will read on:
 * what has not arrived is discarded or its connection closed.
 */
export interface BodySource extends ByteSource, Disposable {
  /** Discards what is left of the body, so that the trailers come in reach. */
  discard(): void;
  /** Once the body is at its end: the trailers, `undefined` where there are none, or why the body broke; before that `undefined`. */
  trailers(): Result<FieldEntries | undefined, ErrorCode> | undefined;
}

/** The body of a message that has none. */
export const EMPTY_BODY: BodySource = Object.freeze({
  ...EMPTY_SOURCE,
  discard: () => {},
  trailers: () => ({ tag: 'ok', val: undefined }) as const,
  [Symbol.dispose]: () => {},
});
