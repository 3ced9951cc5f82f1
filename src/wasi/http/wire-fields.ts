import { type FieldEntries, toByteString } from './field-entries.ts';
import { UpstreamFailure } from './error-table.ts';
import type { OutboundRequest } from './send-request.ts';
import { isAuthority } from './syntax.ts';
import { assertWireFields } from './wire-door.ts';

/**
 * The fields of a request as clients take them, `Host` first, and the body's length last where it is declared. Throws where these may not be sent.
 *
 * Shape: `[name, value, name, value, …]`.
 */
export function toWireFields({ authority, fields, body }: OutboundRequest): string[] {
  assertWireFields(fields);
  if (!isAuthority(authority)) throw new UpstreamFailure({ tag: 'HTTP-request-URI-invalid' });
  const wire = ['host', authority];
  for (const [name, value] of fields) {
    // Its one true value is the body's.
    if (name !== 'content-length') wire.push(name, value);
  }
  if (body?.contentLength !== undefined) wire.push('content-length', `${body.contentLength}`);
  return wire;
}

/** A path as a byte string: what is not ASCII goes as UTF-8. */
export function toWirePath(pathWithQuery: string): string {
  return toByteString(Buffer.from(pathWithQuery, 'utf8'));
}

/**
 * Fields as clients give them, in our form. HTTP/2's comes as an object, where Node has already joined equal names.
 *
 * Shape: `[name, value, …]` of byte strings or of bytes, or `{ name: value | values }`.
 */
export function toEntries(raw: readonly (string | Buffer)[] | object | null | undefined): FieldEntries {
  if (Array.isArray(raw)) {
    const texts = raw.map((part: string | Buffer) => (typeof part === 'string' ? part : toByteString(part)));
    return Array.from({ length: texts.length >> 1 }, (_, index) => {
      return [(texts[2 * index] ?? '').toLowerCase(), texts[2 * index + 1] ?? ''] as const;
    });
  }
  return Object.entries(raw ?? {}).flatMap(([name, value]) => {
    if (name.startsWith(':')) return [];
    return [value].flat().map((text) => [name, String(text)] as const);
  });
}
