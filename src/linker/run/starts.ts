/** Whether an instance of a component starts, and what it asks of the host then. One for all its instances: starting is never interrupted. */
export class Starts {
  /** Names of the host functions that any start has called. */
  readonly calls = new Set<string>();
  #isStarting = false;

  /** Whether an instance starts right now. */
  get isStarting(): boolean {
    return this.#isStarting;
  }

  /** Runs what starts an instance. */
  run(start: () => void): void {
    this.#isStarting = true;
    try {
      start();
    } finally {
      this.#isStarting = false;
    }
  }
}
