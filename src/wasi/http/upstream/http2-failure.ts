import { constants } from 'node:http2';
import { toErrorCode, UpstreamFailure } from '../error-table.ts';
import type { PlainErrorCode } from '../error-code.ts';

/** Codes that say that one side broke the protocol; the others say that the request was given up. Source: RFC 9113, 7. */
const PROTOCOL_CODES: ReadonlySet<number> = new Set([
  constants.NGHTTP2_PROTOCOL_ERROR,
  constants.NGHTTP2_FLOW_CONTROL_ERROR,
  constants.NGHTTP2_STREAM_CLOSED,
  constants.NGHTTP2_FRAME_SIZE_ERROR,
  constants.NGHTTP2_COMPRESSION_ERROR,
]);

/** nghttp2's own limits on a head as it comes: on one field, and on the number of frames. Source: `nghttp2.h`. */
const HEAD_TOO_LARGE_ERRNOS: ReadonlySet<unknown> = new Set([-905]);

/** Why a stream ended before its response did: `rstCode` is what it was reset with, `error` what Node tells, if it does. */
export function toStreamFailure(rstCode: number | undefined, error: Error | undefined): UpstreamFailure {
  if (error !== undefined && 'errno' in error && HEAD_TOO_LARGE_ERRNOS.has(error.errno)) {
    return new UpstreamFailure({ tag: 'HTTP-response-header-section-size', val: undefined });
  }
  // What happened to the socket, which Node then tells as a stream that was cancelled.
  if (error !== undefined && !isOfHttp2(error)) return new UpstreamFailure(toErrorCode(error), error.message);
  const isProtocol = PROTOCOL_CODES.has(rstCode ?? 0) || (error !== undefined && rstCode === undefined);
  const tag: PlainErrorCode = isProtocol ? 'HTTP-protocol-error' : 'connection-terminated';
  return new UpstreamFailure({ tag }, error?.message ?? 'the upstream gave the request up');
}

function isOfHttp2(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && error.code.startsWith('ERR_HTTP2_');
}
