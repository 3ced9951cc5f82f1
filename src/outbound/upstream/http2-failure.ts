import { constants } from 'node:http2';
import { toErrorCode, UpstreamFailure } from '../error-table.ts';
import type { PlainErrorCode } from '../../http/error-code.ts';

/** Codes that say that one side broke the protocol; the others say that the request was given up. Source: RFC 9113, 7. */
const PROTOCOL_CODES: ReadonlySet<number> = new Set([
  constants.NGHTTP2_PROTOCOL_ERROR,
  constants.NGHTTP2_FLOW_CONTROL_ERROR,
  constants.NGHTTP2_STREAM_CLOSED,
  constants.NGHTTP2_FRAME_SIZE_ERROR,
  constants.NGHTTP2_COMPRESSION_ERROR,
]);

/** What nghttp2 says of a head in more frames than it takes. Source: `nghttp2.h`. */
const TOO_MANY_CONTINUATIONS = -905;

/** Why a stream ended before its response did: `rstCode` is what it was reset with, `error` what Node tells, if it does. */
export function toStreamFailure(
  rstCode: number | undefined,
  error: NodeJS.ErrnoException | undefined,
): UpstreamFailure {
  if (error?.errno === TOO_MANY_CONTINUATIONS) {
    return new UpstreamFailure({ tag: 'HTTP-response-header-section-size', val: undefined }, error.message);
  }
  const code = error?.code ?? '';
  // What happened to the socket, which Node then tells as a stream that was cancelled.
  if (error !== undefined && !code.startsWith('ERR_HTTP2_'))
    return new UpstreamFailure(toErrorCode(error), error.message);
  // nghttp2 itself has found a fault, for which it ends the connection.
  const isProtocol = PROTOCOL_CODES.has(rstCode ?? 0) || code === 'ERR_HTTP2_ERROR';
  const tag: PlainErrorCode = isProtocol ? 'HTTP-protocol-error' : 'connection-terminated';
  return new UpstreamFailure({ tag }, error?.message ?? 'the upstream gave the request up');
}
