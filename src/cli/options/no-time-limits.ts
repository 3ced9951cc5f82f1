import type { ComponentOptions } from '../../config/options.ts';

/** A program, or a guest that is being debugged, may take as long as it likes. */
export const NO_TIME_LIMITS = { timeoutMs: 0, cpuTimeoutMs: 0 } as const satisfies ComponentOptions;
