import type { FieldEntries } from './field-entries.ts';

/** Names of fields that belong to a connection, not to its messages: guests neither see nor set them. Source: RFC 9110, 7.6.1, and wasi-http. */
export const FORBIDDEN_NAMES: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** Those of the entries sent by a client or an upstream that a guest may see. */
export function withoutForbidden(entries: FieldEntries): FieldEntries {
  return entries.filter(([name]) => !FORBIDDEN_NAMES.has(name));
}
