import type { BodySource } from '../http/body-source.ts';
import { type FieldEntries, firstValue } from '../http/field-entries.ts';
import { parseContentLength } from '../http/syntax.ts';
import type { Readiness } from '../io/readiness.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { Failure } from './failure.ts';
import type { Violation } from './violation.ts';

/**
 * One request and the way to answer it, whether it came on a socket of ours or as a `Request`.
 *
 * Disposed when the guest has returned: nobody reads the rest of the request any more.
 */
export interface Exchange extends Disposable {
  readonly head: RequestHead;
  readonly body: BodySource;
  /** Whether the whole request has arrived. */
  readonly isWhole: boolean;
  /** Whether it is the first request on its connection. */
  readonly isFirst: boolean;
  readonly reply: ReplySink;
  /** Ready when the client has gone away before the reply was complete. */
  readonly clientLeft: Readiness;
  /** Why no guest should see the request, if there is a reason. */
  readonly refusal: Failure | undefined;
  /** Ready when the client breaks a rule while it sends its body or receives its reply. */
  readonly violation: Violation;
}

/** How the client finds the end of a body: by its length; by chunks; or there is no body on the wire (HEAD, 204, 304, 2xx for CONNECT). */
export type Framing =
  | { readonly by: 'length'; readonly byteLength: number | bigint }
  | { readonly by: 'chunks' }
  | { readonly by: 'absence' };

/** The head of a reply. `fields` hold no framing except the `content-length` that the guest declared, if it did. */
export interface ReplyHead {
  readonly status: number;
  readonly fields: FieldEntries;
  readonly framing: Framing;
}

/** Whether a client takes what follows the head of a reply for the bytes of a tunnel: such a head has no framing. Source: RFC 9110, 9.3.6. */
export function isTunnel(method: string | undefined, status: number): boolean {
  return method === 'CONNECT' && status >= 200 && status < 300;
}

/** The value of `content-length` to send: the length of the body, or what the guest declares for a body that is not on the wire. */
export function contentLengthOf({ status, fields, framing }: ReplyHead): string | undefined {
  if (framing.by === 'length') return `${framing.byteLength}`;
  if (framing.by === 'chunks' || status === 204) return undefined;
  const declared = firstValue(fields, 'content-length');
  return declared === undefined || parseContentLength(declared) === undefined ? undefined : declared;
}

/**
 * Where a reply goes. Either `whole`; or `start`, any number of `write`, each when `writable` is ready, and one `end`. `abort` in any phase.
 * After the client left, none of them has an effect.
 */
export interface ReplySink {
  /** Sends head and body, in one packet if the wire allows it. */
  whole(head: ReplyHead, body: Uint8Array): void;
  start(head: ReplyHead): void;
  write(bytes: Uint8Array): void;
  /** Ready when the wire accepts more bytes. */
  readonly writable: Readiness;
  /** Whether the client may have seen the head, so that no other reply can be sent. */
  readonly isHeadSent: boolean;
  /** Ends the reply cleanly. */
  end(trailers: FieldEntries | undefined): void;
  /** Breaks the reply off, so that no client takes it for complete. */
  abort(): void;
}
