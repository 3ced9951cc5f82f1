/** What bounds a process whose event loop stands still. Times in milliseconds. */
export interface StallBounds {
  /** How long it may while it serves; 0 is as long as it likes. */
  readonly stallTimeoutMs: number;
  /** How long it takes at most to finish. */
  readonly stopTimeoutMs: number;
}

/** How much longer than a guest may hold the thread: for V8's collections and compilations, and for a machine that others use too. */
const MARGIN_MS = 15_000;

/** How long a component may hold the thread while it is loaded: 256 MiB of it take some 10 s to decode and rewrite, its start may take 30 s. */
const LOADING_MS = 120_000;

/** How long after its time to finish a process that has not ended is killed. */
export const OVERTIME_MS = 2000;

/** How often it is asked whether it turns, at most. */
const INTERVAL_MS = 1000;
const MIN_INTERVAL_MS = 20;

/**
 * How long the event loop may stand still by default, where guests may take so long: until the guest's time is over, which is how long one holds
 * the thread that cannot be suspended (in a start function, in jco's glue), and a margin. 0, no bound, where there is none on guests.
 */
export function defaultStallTimeoutMs(timeoutMs: number, cpuTimeoutMs: number): number {
  const bounds = [timeoutMs, cpuTimeoutMs].filter((ms) => ms > 0);
  return bounds.length === 0 ? 0 : Math.min(...bounds) + MARGIN_MS;
}

/** The bound in a phase. */
export function boundIn(phase: 'starting' | 'serving', { stallTimeoutMs }: StallBounds): number {
  return phase === 'starting' && stallTimeoutMs > 0 ? Math.max(stallTimeoutMs, LOADING_MS) : stallTimeoutMs;
}

/** Some ticks have to pass before a bound is reached. */
export function intervalFor({ stallTimeoutMs }: StallBounds): number {
  if (stallTimeoutMs === 0) return INTERVAL_MS;
  return Math.min(INTERVAL_MS, Math.max(MIN_INTERVAL_MS, stallTimeoutMs / 4));
}
