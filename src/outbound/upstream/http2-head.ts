import { UpstreamFailure } from '../to-error-code.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import type { OutboundRequest } from '../send-request.ts';
import { isFieldValue, isToken, membersOf } from '../../http/syntax.ts';
import { toWireFields, toWirePath } from './wire-fields.ts';

/**
 * The head of a request as node:http2 takes it. What HTTP/1.1 allows in a field but HTTP/2 does not is dropped, as a gateway would: spaces around a
 * value, and everything in `te` except `trailers`. Source: RFC 9113, 8.2. Throws an `UpstreamFailure` for a head that cannot be sent.
 *
 * Shape: `[name, value, …]`, the pseudo-fields first.
 */
export function toHttp2Head(request: OutboundRequest): string[] {
  const { method, scheme, authority } = request;
  if (!isToken(method)) throw new UpstreamFailure({ tag: 'HTTP-request-method-invalid' });
  const head = [
    ':method',
    method,
    ':scheme',
    scheme,
    ':authority',
    authority,
    ':path',
    toWirePath(request.pathWithQuery),
  ];
  for (const [name, value] of toHttp2Fields(toWireFields(request))) head.push(name, value);
  return head;
}

/** Converts fields to HTTP/2: `:authority` replaces `host`. */
export function toHttp2Fields(fields: FieldEntries): FieldEntries {
  return fields.flatMap(([name, value]) => {
    if (!isToken(name) || !isFieldValue(value)) {
      throw new UpstreamFailure({ tag: 'HTTP-protocol-error' }, `invalid field ${JSON.stringify(name)}`);
    }
    if (name === 'host') return [];
    if (name === 'te') return hasTrailers(value) ? [['te', 'trailers'] as const] : [];
    return [[name, value.trim()] as const];
  });
}

/** The fields of a head or trailers as node:http2 returns them, without pseudo-fields. Shape of `raw`: `[name, value, …]`. */
export function toEntries(raw: readonly string[]): FieldEntries {
  const entries: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name = '', value = ''] = [raw[index], raw[index + 1]];
    if (!name.startsWith(':')) entries.push([name, value]);
  }
  return entries;
}

function hasTrailers(te: string): boolean {
  return membersOf(te).some((coding) => coding.toLowerCase() === 'trailers');
}
