import { collectGarbage } from '../util/collect.ts';

/** How often a host checks whether it is idle. */
const CHECK_INTERVAL_MS = 5000;
/** How many checks in a row must find it idle before it collects: by then the spares that a burst left are released. */
const IDLE_CHECKS = 3;
/** How much more resident memory than after the last collection is worth another. */
const WORTH_BYTES = 64 * 1024 * 1024;

/** The input for the decision to collect. */
export interface MemorySample {
  readonly isIdle: boolean;
  /** The resident memory of the process. */
  readonly byteLength: number;
}

/** Decides when an idle host collects garbage: once after each burst that left some. A state machine, without clock or process. */
export class IdleMemory {
  #idleChecks = 0;
  #settledBytes: number;
  #state: 'settling' | 'settled' = 'settled';

  /** `byteLength` is the memory of a host that has not served yet. */
  constructor(byteLength: number) {
    this.#settledBytes = byteLength;
  }

  /** Whether to collect now. */
  check({ isIdle, byteLength }: MemorySample): boolean {
    this.#idleChecks = isIdle ? this.#idleChecks + 1 : 0;
    if (this.#idleChecks < IDLE_CHECKS) return false;
    if (this.#state === 'settling') this.#settledBytes = byteLength;
    const isWorthIt = this.#state === 'settled' && byteLength > this.#settledBytes + WORTH_BYTES;
    this.#state = isWorthIt ? 'settling' : 'settled';
    return isWorthIt;
  }
}

/** Frees the garbage that a burst of requests leaves: V8 collects only on allocation, and an idle server does not allocate. */
export function collectWhenIdle(isIdle: () => boolean): Disposable {
  const memory = new IdleMemory(residentBytes() ?? 0);
  const timer = setInterval(() => {
    const byteLength = residentBytes();
    if (byteLength !== undefined && memory.check({ isIdle: isIdle(), byteLength })) collectGarbage('async');
  }, CHECK_INTERVAL_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** `undefined` if no file descriptor is free, because it is read from a file. */
function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}
