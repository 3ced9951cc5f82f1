/** The blocks that are open, as far as they matter to branches. Where one is wrong it counts as one of the function: V8 says so later. */
export class Labels {
  /** By depth: where the operand stack begins, how many values a branch takes along and the end leaves, where the block begins if it is a loop, or -1. */
  readonly #bases: number[] = [];
  readonly #values: number[] = [];
  readonly #params: number[] = [];
  readonly #results: number[] = [];
  readonly #loops: number[] = [];
  depth = -1;
  /** Of the innermost block. */
  base = 0;

  /** Begins a function of so many results. */
  enter(results: number): void {
    this.depth = -1;
    this.open(0, { params: 0, results }, -1);
  }

  open(base: number, { params, results }: { params: number; results: number }, loop: number): void {
    const depth = ++this.depth;
    this.#bases[depth] = base;
    this.#params[depth] = params;
    this.#results[depth] = results;
    this.#values[depth] = loop === -1 ? results : params;
    this.#loops[depth] = loop;
    this.base = base;
  }

  /** What the innermost block takes. */
  get params(): number {
    return this.#params[this.depth] ?? 0;
  }

  /** How many values a branch takes along to the block that is `label` blocks out. */
  valuesAt(label: number): number {
    return this.#values[this.depth - label] ?? 0;
  }

  /** Where the innermost block begins if it is a loop, or -1. */
  get loop(): number {
    return this.#loops[this.depth] ?? -1;
  }

  /** Ends the innermost block. Gives what it leaves. */
  close(): number {
    const results = this.#results[this.depth] ?? 0;
    this.depth--;
    this.base = this.#bases[this.depth] ?? 0;
    return results;
  }
}
