import { constants } from 'node:http2';
import { toErrorCode, UpstreamFailure } from '../to-error-code.ts';
import type { PlainErrorCode } from '../../http/error-code.ts';

/** Codes for a violation of the protocol; the others mean that the request was given up. Source: RFC 9113, 7. */
const PROTOCOL_CODES: ReadonlySet<number> = new Set([
  constants.NGHTTP2_PROTOCOL_ERROR,
  constants.NGHTTP2_FLOW_CONTROL_ERROR,
  constants.NGHTTP2_STREAM_CLOSED,
  constants.NGHTTP2_FRAME_SIZE_ERROR,
  constants.NGHTTP2_COMPRESSION_ERROR,
]);

/** nghttp2's error for a head in more frames than it accepts. Source: `nghttp2.h`. */
const TOO_MANY_CONTINUATIONS = -905;

/** Why a stream ended before its response was complete: `rstCode` is the code of the reset, `error` is Node's error, if any. */
export function toStreamFailure(
  rstCode: number | undefined,
  error: NodeJS.ErrnoException | undefined,
): UpstreamFailure {
  if (error?.errno === TOO_MANY_CONTINUATIONS) {
    return new UpstreamFailure({ tag: 'HTTP-response-header-section-size', val: undefined }, error.message);
  }
  const code = error?.code ?? '';
  // The socket failed, which Node reports as a cancelled stream.
  if (error !== undefined && !code.startsWith('ERR_HTTP2_'))
    return new UpstreamFailure(toErrorCode(error), error.message);
  // nghttp2 itself detected a violation, and ends the connection.
  const isProtocol = PROTOCOL_CODES.has(rstCode ?? 0) || code === 'ERR_HTTP2_ERROR';
  const tag: PlainErrorCode = isProtocol ? 'HTTP-protocol-error' : 'connection-terminated';
  return new UpstreamFailure({ tag }, error?.message ?? 'the upstream cancelled the request');
}
