/** One of the times at which all connections are looked at for clients that are slow. */
export interface Look {
  /** As of `performance.now()`. */
  readonly nowMs: number;
  /** What counts of the time since the last one. */
  readonly elapsedMs: number;
}
