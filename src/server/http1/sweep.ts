/** One of the times at which all connections are checked for slow clients. */
export interface Sweep {
  /** As of `performance.now()`. */
  readonly nowMs: number;
  /** How much of the time since the last sweep counts. */
  readonly elapsedMs: number;
}
