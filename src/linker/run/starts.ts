/** Gets the names of the host's functions that a start calls. */
export interface StartCalls {
  add(name: string): unknown;
}

/** Tracks whether an instance of a component is starting, and what it calls on the host then. One for all instances: a start is never interleaved. */
export class Starts {
  /** The names of host functions that any start has called. */
  readonly calls = new Set<string>();
  #isStarting = false;

  /** Whether an instance is starting right now. */
  get isStarting(): boolean {
    return this.#isStarting;
  }

  /** Runs the start of an instance. */
  run(start: () => void): void {
    this.#isStarting = true;
    try {
      start();
    } finally {
      this.#isStarting = false;
    }
  }
}
