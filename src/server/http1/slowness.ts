/** How long a client has kept its guest waiting for what goes one way, at less than the least rate: what moves counts against that. */
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
   * `movedBytes` have moved in all, at least, and the guest waits for more to do so or not. Returns for how long it has been kept waiting, in milliseconds; 0
   * while it is not.
   */
  look(elapsedMs: number, movedBytes: number, isWaiting: boolean): number {
    const bytes = Math.max(this.#bytes, movedBytes);
    // One that did not wait at the last look may have begun to just now.
    if (isWaiting && this.#wasWaiting) this.#ms += elapsedMs;
    this.#ms = Math.max(0, this.#ms - (bytes - this.#bytes) / this.#bytesPerMs);
    this.#bytes = bytes;
    this.#wasWaiting = isWaiting;
    return isWaiting ? this.#ms : 0;
  }
}
