import type { Result } from '../util/result.ts';
import type { Charge } from '../util/held-bytes.ts';
import type { BodySource } from '../http/body-source.ts';
import type { ErrorCode } from '../http/error-code.ts';
import type { FieldEntries } from '../http/field-entries.ts';
import type { OutgoingBytes } from '../http/outgoing-bytes.ts';

/** An outgoing request, checked and complete but for its body, which streams. */
export interface OutboundRequest {
  /** As it goes on the wire: `GET`, `M-SEARCH`. */
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** `host[:port]`, never empty; becomes `Host` verbatim. */
  readonly authority: string;
  /** Origin form or `*`. */
  readonly pathWithQuery: string;
  readonly fields: FieldEntries;
  /** Absent where the guest never took the request's body. */
  readonly body: OutgoingBytes | undefined;
  /** 0 means at once. */
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly betweenBytesTimeoutMs: number;
  /** What the request has the host hold while it is under way, its body apart. Whoever sends it disposes it when it is over. */
  readonly charge?: Charge;
}

/** An upstream's answer: its final head, and its body as it arrives. */
export interface OutboundResponse {
  readonly status: number;
  readonly fields: FieldEntries;
  readonly body: BodySource;
}

/**
 * Sends a request and resolves with the upstream's head. Never rejects: a failure is an `ErrorCode`.
 *
 * Aborting `signal` gives the request up in any phase and closes what it holds.
 */
export type SendRequest = (
  request: OutboundRequest,
  signal: AbortSignal,
) => Promise<Result<OutboundResponse, ErrorCode>>;
