/** One of the times at which all connections are looked at for clients that are slow. */
export interface Look {
  /** As of `performance.now()`. */
  readonly nowMs: number;
  /** What counts of the time since the last one. */
  readonly elapsedMs: number;
  /** How patient the host is at most while requests wait for their turn; `undefined` where none does. */
  readonly crowdedMs: number | undefined;
}

/** How patient to be now, where the host is so for `usualMs` otherwise; and what to say of that. */
export function patienceAt(
  { crowdedMs = Infinity }: Look,
  usualMs: number,
): { readonly ms: number; readonly when: string } {
  if (usualMs <= crowdedMs) return { ms: usualMs, when: '' };
  return { ms: crowdedMs, when: ' while requests wait for their turn' };
}
