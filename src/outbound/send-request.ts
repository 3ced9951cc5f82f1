import type { Result } from '../util/result.ts';
import type { Charge } from '../util/held-bytes.ts';
import type { BodySource } from '../http/body-source.ts';
import type { ErrorCode } from '../http/error-code.ts';
import type { FieldEntries } from '../http/field-entries.ts';
import type { OutgoingBytes } from '../http/outgoing-bytes.ts';

/** An outgoing request: checked, and complete except for its body, which streams. */
export interface OutboundRequest {
  /** The method as sent: `GET`, `M-SEARCH`. */
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** `host[:port]`, never empty; sent verbatim as `Host`. */
  readonly authority: string;
  /** Origin form or `*`. */
  readonly pathWithQuery: string;
  readonly fields: FieldEntries;
  /** Absent if the guest never took the request's body. */
  readonly body: OutgoingBytes | undefined;
  /** 0 expires immediately. */
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly betweenBytesTimeoutMs: number;
  /** What the host holds for the request while it is under way, not counting its body. The sender disposes it when the request is over. */
  readonly charge?: Charge;
}

/** An upstream's response: its final head, and its body as it arrives. */
export interface OutboundResponse {
  readonly status: number;
  readonly fields: FieldEntries;
  readonly body: BodySource;
}

/**
 * Sends a request and resolves to the upstream's head. Never rejects: a failure is an `ErrorCode`.
 *
 * Aborting `signal` gives up the request in any phase and closes its connection.
 */
export type SendRequest = (
  request: OutboundRequest,
  signal: AbortSignal,
) => Promise<Result<OutboundResponse, ErrorCode>>;
