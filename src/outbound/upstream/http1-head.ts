import { UpstreamFailure } from '../to-error-code.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import type { OutboundRequest } from '../send-request.ts';
import { isFieldValue, isToken, membersOf } from '../../http/syntax.ts';
import { assertWireFields } from '../../http/assert-wire-fields.ts';
import { toWireFields, toWirePath } from './wire-fields.ts';

/** Methods whose requests usually have a body: without one they send `content-length: 0`. Source: RFC 9110, 8.6. */
const EXPECT_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** The head of a request as bytes. Throws an `UpstreamFailure` if it would not be exactly one head on the wire. */
export function toHttp1Head(request: OutboundRequest): string {
  const { method, body } = request;
  const path = toWirePath(request.pathWithQuery);
  if (!isToken(method)) throw new UpstreamFailure({ tag: 'HTTP-request-method-invalid' });
  return `${method} ${path} HTTP/1.1\r\n${toLines(toWireFields(request))}${toFraming(method, body)}\r\n`;
}

/** The end of a chunked body. */
export function toLastChunk(trailers: FieldEntries): string {
  assertWireFields(trailers);
  return `0\r\n${toLines(trailers)}\r\n`;
}

/** The trailers announced in a `trailer` field; like hyper, we send no others. Source: RFC 9110, 6.6.2. */
export function toAnnounced(fields: FieldEntries, trailers: FieldEntries): FieldEntries {
  if (trailers.length === 0) return trailers;
  const names = fields.flatMap(([name, value]) => (name === 'trailer' ? membersOf(value) : []));
  const announced = new Set(names.map((name) => name.toLowerCase()));
  return trailers.filter(([name]) => announced.has(name));
}

/** A body without a declared length is chunked, whatever the method. */
function toFraming(method: string, body: OutboundRequest['body']): string {
  if (body === undefined) return EXPECT_BODY.has(method) ? 'content-length: 0\r\n' : '';
  return body.contentLength === undefined ? 'transfer-encoding: chunked\r\n' : '';
}

function toLines(fields: FieldEntries): string {
  let lines = '';
  for (const [name, value] of fields) {
    if (!isToken(name) || !isFieldValue(value)) {
      throw new UpstreamFailure({ tag: 'HTTP-protocol-error' }, `invalid field ${JSON.stringify(name)}`);
    }
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}
