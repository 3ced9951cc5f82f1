import type { FieldEntries } from './field-entries.ts';

/** Fields that frame, route, describe or authorise a message: after a body they come too late, or mean something else to the next reader. */
const NEVER_TRAILERS: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'max-forwards',
  'set-cookie',
  'te',
  'trailer',
]);

/** Those of a guest's trailers that may be sent; `undefined` if none may. Source: RFC 9110, 6.5.1; the names are hyper's. */
export function toTrailers(entries: FieldEntries): FieldEntries | undefined {
  const trailers = entries.filter(([name]) => !NEVER_TRAILERS.has(name));
  return trailers.length === 0 ? undefined : trailers;
}
