import type { FieldEntries } from './field-entries.ts';

/** Names the hosts that have forwarded a request; guests can neither remove it nor add to it. Source: RFC 8586. */
export const HOPS_FIELD = 'cdn-loop';

const HOST_ID = 'wasi-serve';

/** How often guests of such hosts may forward a request before it is ended as a loop. Legitimate chains have a few hops. */
const MAX_HOPS = 16;

/** Whether a request with this value of `cdn-loop` (several fields joined by commas) has been forwarded too often. */
export function isLoop(value: string): boolean {
  return countHops(value) >= MAX_HOPS;
}

/** Whether a request with this value of `cdn-loop` comes from a guest of such a host. */
export function isOfGuest(value: string): boolean {
  return countHops(value) > 0;
}

/** The fields of an outgoing request that a guest sends while it answers one that came with `received`. */
export function withHop(fields: FieldEntries, received: FieldEntries): FieldEntries {
  const own = fields.filter(([name]) => name !== HOPS_FIELD);
  const before = received.filter(([name]) => name === HOPS_FIELD);
  return [...own, ...before, [HOPS_FIELD, HOST_ID]];
}

function countHops(value: string): number {
  const ids = value.split(',').map((entry) => entry.split(';')[0]?.trim());
  return ids.filter((id) => id === HOST_ID).length;
}
