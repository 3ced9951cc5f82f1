import { type FieldEntries, toByteString } from '../../http/field-entries.ts';
import { UpstreamFailure } from '../error-table.ts';
import type { OutboundRequest } from '../send-request.ts';
import { isAuthority } from '../../http/syntax.ts';
import { assertWireFields } from '../../http/wire-door.ts';

/** The fields of a request but for its framing, `Host` first, and the body's length last where it is declared. Throws where these may not be sent. */
export function toWireFields({ authority, fields, body }: OutboundRequest): FieldEntries {
  assertWireFields(fields);
  if (!isAuthority(authority)) throw new UpstreamFailure({ tag: 'HTTP-request-URI-invalid' });
  // The one true length is the body's.
  const own = fields.filter(([name]) => name !== 'content-length');
  const length = body?.contentLength;
  return [['host', authority], ...own, ...(length === undefined ? [] : [['content-length', `${length}`] as const])];
}

/** A path as a byte string: what is not ASCII goes as UTF-8. Throws for what would end it. */
export function toWirePath(pathWithQuery: string): string {
  const path = toByteString(Buffer.from(pathWithQuery, 'utf8'));
  if (!/^[\x21-\x7e\x80-\xff]+$/.test(path)) throw new UpstreamFailure({ tag: 'HTTP-request-URI-invalid' });
  return path;
}
