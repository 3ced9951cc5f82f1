/** The time as one guest is told it. */
export interface GuestTime {
  /** Nanoseconds on the clock that all guests of this process see, from an arbitrary start; never goes back. */
  monotonicNs(): bigint;
  /** Milliseconds since 1970. */
  wallMs(): number;
  /** The guest does not run: it may find another time when it goes on. */
  advance(): void;
}

/** As it is. */
export const EXACT_TIME: GuestTime = Object.freeze({
  monotonicNs: () => process.hrtime.bigint(),
  wallMs: () => Date.now(),
  advance: () => {},
});

/** Stands still while the guest runs, which so cannot time what it computes, nor what its neighbours left in the caches of a processor. */
export class CoarseTime implements GuestTime {
  #monotonicNs = EXACT_TIME.monotonicNs();
  #wallMs = EXACT_TIME.wallMs();

  monotonicNs(): bigint {
    return this.#monotonicNs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  advance(): void {
    this.#monotonicNs = EXACT_TIME.monotonicNs();
    this.#wallMs = EXACT_TIME.wallMs();
  }
}
