import { UpstreamFailure } from '../error-table.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import type { OutboundRequest } from '../send-request.ts';
import { isFieldValue, isToken, membersOf } from '../../http/syntax.ts';
import { assertWireFields } from '../../http/wire-door.ts';
import { toWireFields, toWirePath } from './wire-fields.ts';

/** Methods whose requests are expected to have a body, so that it is said if they have none. Source: RFC 9110, 8.6. */
const EXPECT_BODY = new Set(['POST', 'PUT', 'PATCH']);

/** The head of a request, as bytes. Throws an `UpstreamFailure` for what would not be one head on the wire. */
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

/** The trailers whose names a `trailer` field holds; the others are not sent. Source: RFC 9110, 6.6.2, as hyper does. */
export function toAnnounced(fields: FieldEntries, trailers: FieldEntries): FieldEntries {
  if (trailers.length === 0) return trailers;
  const names = fields.flatMap(([name, value]) => (name === 'trailer' ? membersOf(value) : []));
  const announced = new Set(names.map((name) => name.toLowerCase()));
  return trailers.filter(([name]) => announced.has(name));
}

/** A body of no declared length is chunked, whatever the method. */
function toFraming(method: string, body: OutboundRequest['body']): string {
  if (body === undefined) return EXPECT_BODY.has(method) ? 'content-length: 0\r\n' : '';
  return body.contentLength === undefined ? 'transfer-encoding: chunked\r\n' : '';
}

function toLines(fields: FieldEntries): string {
  let lines = '';
  for (const [name, value] of fields) {
    if (!isToken(name) || !isFieldValue(value)) {
      throw new UpstreamFailure({ tag: 'HTTP-protocol-error' }, `the field ${JSON.stringify(name)} cannot be sent`);
    }
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}
