/**
 * Measures for how long a client has kept its guest waiting in one direction, sending or receiving, at less than the least rate. Bytes that move
 * count against that time.
 */
export class Slowness {
  readonly #bytesPerMs: number;
  #bytes = 0;
  #wasWaiting = false;
  #ms = 0;

  /** `minRateBytes` is the least rate, in bytes a second. */
  constructor(minRateBytes: number) {
    this.#bytesPerMs = minRateBytes / 1000;
  }

  /**
   * Takes how many bytes have moved in total, at least, and whether the guest waits for more to move. Returns for how long it has been kept waiting, in
   * milliseconds; 0 if it does not wait.
   */
  measure(elapsedMs: number, movedBytes: number, isWaiting: boolean): number {
    const bytes = Math.max(this.#bytes, movedBytes);
    // A guest that did not wait at the last sweep may have begun to only now.
    if (isWaiting && this.#wasWaiting) this.#ms += elapsedMs;
    this.#ms = Math.max(0, this.#ms - (bytes - this.#bytes) / this.#bytesPerMs);
    this.#bytes = bytes;
    this.#wasWaiting = isWaiting;
    return isWaiting ? this.#ms : 0;
  }
}
