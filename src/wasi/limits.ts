/** Bounds on what one request makes the host hold or do. Sizes in bytes. */
export interface WasiLimits {
  /** Names, values and 32 bytes for each entry of one `fields`. */
  readonly maxFieldsBytes: number;
  readonly maxFieldsEntries: number;
  /** One `get-random-bytes`. */
  readonly maxRandomBytes: number;
  /** Outgoing requests of one request that wait for their response's head at once; more wait their turn. */
  readonly maxConcurrentOutbound: number;
  /** Outgoing requests of one request in all; more are denied. */
  readonly maxOutbound: number;
}

/** Defaults: far above what honest guests need, far below what hurts the host. */
export const DEFAULT_LIMITS: WasiLimits = Object.freeze({
  maxFieldsBytes: 128 * 1024,
  maxFieldsEntries: 4096,
  maxRandomBytes: 64 * 1024 * 1024,
  maxConcurrentOutbound: 32,
  maxOutbound: 1000,
});
