import { collectGarbage } from '../../util/collect.ts';

/** How often a host looks whether it has anything to do. */
const LOOK_MS = 5000;
/** So many looks in a row find nothing before it collects: by then the spares that a burst left are let go of. */
const IDLE_LOOKS = 3;
/** More resident memory than after the last collection that is worth another. */
const WORTH_BYTES = 64 * 1024 * 1024;

/** What decides about a collection. */
export interface IdleLook {
  readonly isIdle: boolean;
  /** Of the process, resident. */
  readonly byteLength: number;
}

/** When an idle host is to collect: once after each burst that left something. A state machine, without clock or process. */
export class IdleMemory {
  #idleLooks = 0;
  #settledBytes: number;
  #state: 'settling' | 'settled' = 'settled';

  /** `byteLength` is what a host holds that has not served yet. */
  constructor(byteLength: number) {
    this.#settledBytes = byteLength;
  }

  /** Whether to collect now. */
  look({ isIdle, byteLength }: IdleLook): boolean {
    this.#idleLooks = isIdle ? this.#idleLooks + 1 : 0;
    if (this.#idleLooks < IDLE_LOOKS) return false;
    if (this.#state === 'settling') this.#settledBytes = byteLength;
    const isWorthIt = this.#state === 'settled' && byteLength > this.#settledBytes + WORTH_BYTES;
    this.#state = isWorthIt ? 'settling' : 'settled';
    return isWorthIt;
  }
}

/** Gives memory back that a burst of requests has left: V8 collects when something is allocated, which an idle server does not do. */
export function collectWhenIdle(isIdle: () => boolean): Disposable {
  const memory = new IdleMemory(residentBytes() ?? 0);
  const timer = setInterval(() => {
    const byteLength = residentBytes();
    if (byteLength !== undefined && memory.look({ isIdle: isIdle(), byteLength })) collectGarbage('async');
  }, LOOK_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** `undefined` if no file descriptor is free: it is read from a file. */
function residentBytes(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}
