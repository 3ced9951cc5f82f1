import type { BodySource } from '../http/body-source.ts';
import { type FieldEntries, firstValue } from '../http/field-entries.ts';
import { parseContentLength } from '../http/syntax.ts';
import type { Readiness } from '../io/readiness.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { Failure } from './failure.ts';
import type { Violation } from './violation.ts';

/**
 * One request and the way to answer it, whatever carried it: a socket of ours, or somebody's `Request`.
 *
 * Disposed when the guest has returned: nobody reads the rest of the request any more.
 */
export interface Exchange extends Disposable {
  readonly head: RequestHead;
  readonly body: BodySource;
  /** Whether all of the request has come. */
  readonly isWhole: boolean;
  /** Whether nothing has been answered on its connection before. */
  readonly isFirst: boolean;
  readonly reply: ReplySink;
  /** Ready when the client has gone away before the reply was complete. */
  readonly clientLeft: Readiness;
  /** Why no guest should see the request, if there is a reason. */
  readonly refusal: Failure | undefined;
  /** What the client does wrong in sending its body, or in taking its reply. */
  readonly violation: Violation;
}

/** How the end of a body is told: by its length; by chunks; or there is none on the wire (HEAD, 204, 304). */
export type Framing =
  | { readonly by: 'length'; readonly byteLength: number | bigint }
  | { readonly by: 'chunks' }
  | { readonly by: 'absence' };

/** The head of a reply. `fields` hold no framing but, where the guest declared it, its `content-length`. */
export interface ReplyHead {
  readonly status: number;
  readonly fields: FieldEntries;
  readonly framing: Framing;
}

/** The one `content-length` that a head tells: of its body, or what its guest declares for a body that is not on the wire. */
export function lengthToTell({ status, fields, framing }: ReplyHead): string | undefined {
  if (framing.by === 'length') return `${framing.byteLength}`;
  if (framing.by === 'chunks' || status === 204) return undefined;
  const declared = firstValue(fields, 'content-length');
  return declared === undefined || parseContentLength(declared) === undefined ? undefined : declared;
}

/**
 * Where a reply goes: `whole`, or `start` with any number of `write`, each once `writable` is ready, and one `end`; `abort` in any phase.
 * After the client left, nothing happens.
 */
export interface ReplySink {
  /** Head and body at once, in one packet where the wire allows it. */
  whole(head: ReplyHead, body: Uint8Array): void;
  start(head: ReplyHead): void;
  write(bytes: Uint8Array): void;
  /** Ready when the wire takes more. */
  readonly writable: Readiness;
  /** Whether the client may have seen the head, so that no other reply can be sent. */
  readonly isHeadSent: boolean;
  /** The clean end. */
  end(trailers: FieldEntries | undefined): void;
  /** Breaks off, so that no client takes the reply for complete. */
  abort(): void;
}
