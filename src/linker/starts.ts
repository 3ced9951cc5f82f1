import type { HostFuncRef } from './plan.ts';

/** A host function, whatever it takes and gives. */
export type HostCall = (...args: unknown[]) => unknown;

/** Knows which host functions a component calls while it starts. One for all its instances: starting is never interrupted. */
export class Starts {
  /** Names of those that any start has called. */
  readonly calls = new Set<string>();
  readonly #watched = new Map<unknown, HostCall>();
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

  /** The function, which tells when it is called by a start. */
  watch<Ctx>({ func, name }: HostFuncRef<Ctx>): HostCall {
    const known = this.#watched.get(func);
    if (known !== undefined) return known;
    const watched: HostCall = (...args) => {
      if (this.#isStarting) this.calls.add(name);
      return (func as HostCall)(...args);
    };
    this.#watched.set(func, watched);
    return watched;
  }
}
