/** How long a process may stall. */
export interface StallBounds {
  /** How long its event loop may be blocked while it serves; 0 is no bound. */
  readonly stallTimeoutMs: number;
  /** How long it may take to finish. */
  readonly stopTimeoutMs: number;
}

/** Added to the time for which a guest may hold the thread: for V8's garbage collections and compilations, and for a busy machine. */
const MARGIN_MS = 15_000;

/** How long loading a component may block the thread: 256 MiB take about 10 s to decode and rewrite, and a start function may take 30 s. */
const LOADING_MS = 120_000;

/** How long after its time to finish a process is killed. */
export const OVERTIME_MS = 2000;

/** The longest and shortest interval between checks of the event loop. */
const INTERVAL_MS = 1000;
const MIN_INTERVAL_MS = 20;

/**
 * The default for how long the event loop may be blocked: the time that a guest has, since one that cannot be suspended (in a start function, in
 * jco's glue) may hold the thread for all of it, plus a margin. 0, no bound, if guests have none.
 */
export function defaultStallTimeoutMs(timeoutMs: number, cpuTimeoutMs: number): number {
  const bounds = [timeoutMs, cpuTimeoutMs].filter((ms) => ms > 0);
  return bounds.length === 0 ? 0 : Math.min(...bounds) + MARGIN_MS;
}

/** The bound on stalls in a phase. */
export function boundIn(phase: 'starting' | 'serving', { stallTimeoutMs }: StallBounds): number {
  return phase === 'starting' && stallTimeoutMs > 0 ? Math.max(stallTimeoutMs, LOADING_MS) : stallTimeoutMs;
}

/** The interval between checks: short enough that several fit within the bound. */
export function intervalFor({ stallTimeoutMs }: StallBounds): number {
  if (stallTimeoutMs === 0) return INTERVAL_MS;
  return Math.min(INTERVAL_MS, Math.max(MIN_INTERVAL_MS, stallTimeoutMs / 4));
}
