import { collectAndRelease } from '../util/collect.ts';
import { findHeapTrimmer } from '../util/heap-trimmer.ts';
import { whenNeeded } from '../util/when-needed.ts';

/** How often a host looks at the memory of its process. */
const CHECK_INTERVAL_MS = 2000;
/**
 * How many checks in a row must find it idle before it collects garbage: half a minute. For some tens of milliseconds nothing else can run then, and V8 drops
 * hundreds of functions that it has optimised: those that refer to objects of connections that are gone.
 */
const IDLE_CHECKS = 15;
/** How much more resident memory than after the last time is worth collecting garbage, or giving back what is free while there are requests. */
const WORTH_COLLECTING_BYTES = 16 * 1024 * 1024;
const WORTH_TRIMMING_BYTES = 24 * 1024 * 1024;

/** The input for a decision. */
export interface MemorySample {
  /** How many requests have come so far, and how many of them are not over. */
  readonly asked: number;
  readonly inFlight: number;
  /** The resident memory of the process. */
  readonly byteLength: number;
}

/** What to do with the memory of a process: `trim` gives back what is free, `collect` collects garbage before. */
export type MemoryStep = 'none' | 'trim' | 'collect';

/** Decides when a host gives back memory. A state machine, without clock or process. */
export class MemoryWatch {
  #asked = 0;
  #idleChecks = 0;
  /** After the last step of each kind. */
  #collectedBytes: number;
  #trimmedBytes: number;
  #last: MemoryStep = 'none';

  /** `byteLength` is the memory of a host that has not served yet. */
  constructor(byteLength: number) {
    this.#collectedBytes = byteLength;
    this.#trimmedBytes = byteLength;
  }

  /** What to do now: collect once when it has been idle for some time, if there may be garbage; trim whenever much more is resident than after the last time. */
  check({ asked, inFlight, byteLength }: MemorySample): MemoryStep {
    // Quick requests are not in flight when a timer runs.
    const isIdle = inFlight === 0 && asked === this.#asked;
    this.#asked = asked;
    this.#idleChecks = isIdle ? this.#idleChecks + 1 : 0;
    if (this.#last !== 'none') this.#trimmedBytes = byteLength;
    if (this.#last === 'collect') this.#collectedBytes = byteLength;
    this.#last = this.#decide(byteLength);
    return this.#last;
  }

  #decide(byteLength: number): MemoryStep {
    const isSettled = this.#idleChecks >= IDLE_CHECKS;
    if (isSettled && byteLength > this.#collectedBytes + WORTH_COLLECTING_BYTES) return 'collect';
    return byteLength > this.#trimmedBytes + WORTH_TRIMMING_BYTES ? 'trim' : 'none';
  }
}

/**
 * Gives back memory that V8 and the C library keep: V8 collects only when something is allocated, which an idle server does not do; and what compiling took, the C
 * library keeps for good.
 */
export function watchMemory(countRequests: () => Omit<MemorySample, 'byteLength'>): Disposable {
  const memory = new MemoryWatch(residentBytes() ?? 0);
  const trimmer = whenNeeded(findHeapTrimmer);
  const timer = setInterval(() => {
    const byteLength = residentBytes();
    const step = byteLength === undefined ? 'none' : memory.check({ ...countRequests(), byteLength });
    if (step === 'collect') collectAndRelease();
    if (step !== 'none') trimmer()?.();
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
