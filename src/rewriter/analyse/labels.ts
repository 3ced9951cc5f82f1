/** The open blocks, as far as they matter for branches. An invalid label counts as the function's: V8 rejects it later. */
export class Labels {
  /** By depth: the base of the operand stack, how many values a branch carries and how many the end leaves, and the block's start if it is a loop, or -1. */
  readonly #bases: number[] = [];
  readonly #values: number[] = [];
  readonly #params: number[] = [];
  readonly #results: number[] = [];
  readonly #loops: number[] = [];
  depth = -1;
  /** The depth of the innermost block. */
  base = 0;

  /** Starts a function with this many results. */
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

  /** The number of the innermost block's params. */
  get params(): number {
    return this.#params[this.depth] ?? 0;
  }

  /** How many values a branch to `label` carries. */
  valuesAt(label: number): number {
    return this.#values[this.depth - label] ?? 0;
  }

  /** The start of the innermost block if it is a loop, or -1. */
  get loop(): number {
    return this.#loops[this.depth] ?? -1;
  }

  /** Ends the innermost block. Returns the number of its results. */
  close(): number {
    const results = this.#results[this.depth] ?? 0;
    this.depth--;
    this.base = this.#bases[this.depth] ?? 0;
    return results;
  }
}
