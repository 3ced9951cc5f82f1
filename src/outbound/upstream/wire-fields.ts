import { type FieldEntries, toByteString } from '../../http/field-entries.ts';
import { UpstreamFailure } from '../to-error-code.ts';
import type { OutboundRequest } from '../send-request.ts';
import { isAuthority } from '../../http/syntax.ts';
import { assertWireFields } from '../../http/assert-wire-fields.ts';

/** The fields of a request: `Host` first, and the body's length last if it is declared; no other framing. Throws if they may not be sent. */
export function toWireFields({ authority, fields, body }: OutboundRequest): FieldEntries {
  assertWireFields(fields);
  if (!isAuthority(authority)) throw new UpstreamFailure({ tag: 'HTTP-request-URI-invalid' });
  // Only the body's own length counts.
  const own = fields.filter(([name]) => name !== 'content-length');
  const length = body?.contentLength;
  return [['host', authority], ...own, ...(length === undefined ? [] : [['content-length', `${length}`] as const])];
}

/** A path as a byte string, with non-ASCII characters as UTF-8. Throws if it contains characters that would end it. */
export function toWirePath(pathWithQuery: string): string {
  const path = toByteString(Buffer.from(pathWithQuery, 'utf8'));
  if (!/^[\x21-\x7e\x80-\xff]+$/.test(path)) throw new UpstreamFailure({ tag: 'HTTP-request-URI-invalid' });
  return path;
}
