import { MAX_TIMER_MS } from '../../util/timers.ts';
import { type Readiness, Wakers } from '../../io/readiness.ts';
import { EXACT_TIME, type GuestTime } from './guest-time.ts';

const NS_PER_MS = 1_000_000n;

/**
 * Ready from `instantNs` of the guest's monotonic clock on, never before.
 *
 * It holds a Node timer only while it has listeners, so one without listeners costs nothing and needs no disposal.
 */
export class Timer implements Readiness {
  readonly #instantNs: bigint;
  readonly #time: GuestTime;
  readonly #wakers = new Wakers();
  #timeout: NodeJS.Timeout | undefined;

  constructor(instantNs: bigint, time: GuestTime = EXACT_TIME) {
    this.#instantNs = instantNs;
    this.#time = time;
  }

  isReady(): boolean {
    return this.#time.monotonicNs() >= this.#instantNs;
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
    this.#timeout ??= this.#arm();
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
    if (this.#wakers.size === 0) this.#disarm();
  }

  #arm(): NodeJS.Timeout {
    return setTimeout(() => this.#fire(), timeoutMsUntil(this.#instantNs));
  }

  #disarm(): void {
    clearTimeout(this.#timeout);
    this.#timeout = undefined;
  }

  /** Node counts from the start of its turn and in milliseconds, so it may fire early, and it cannot count far. */
  #fire(): void {
    this.#timeout = undefined;
    this.#time.advance();
    if (this.isReady()) this.#wakers.wake();
    else this.#timeout = this.#arm();
  }
}

/** Rounded up to a millisecond, at most what a Node timer can count; 0 if the instant has come meanwhile. */
function timeoutMsUntil(instantNs: bigint): number {
  const leftMs = (instantNs - EXACT_TIME.monotonicNs() + NS_PER_MS - 1n) / NS_PER_MS;
  if (leftMs < 0n) return 0;
  return leftMs < MAX_TIMER_MS ? Number(leftMs) : MAX_TIMER_MS;
}
