import { trapIf } from '../../util/trap.ts';

/**
 * Counts the living children of a resource, so that dropping it before them traps.
 *
 * Source: "child resource" in wasi-io `streams.wit` and wasi-http `types.wit`.
 */
export class Parent {
  readonly #kind: string;
  #children = 0;

  /** `kind` is the WIT name of the resource, for the trap's message. */
  constructor(kind: string) {
    this.#kind = kind;
  }

  adopt(): this {
    this.#children += 1;
    return this;
  }

  release(): void {
    this.#children -= 1;
  }

  /** Traps while a child lives. */
  assertChildless(): void {
    trapIf(this.#children > 0, `${this.#kind} dropped while ${this.#children} of its children live`);
  }
}
