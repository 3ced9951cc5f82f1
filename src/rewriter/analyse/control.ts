import { malformed } from '../../wasm/refusal.ts';

/**
 * The blocks that are open at a point of a function body.
 *
 * Each arm of a block has an id of its own, never used twice in a module: what was noted in an arm holds until the arm ends, and
 * whether it still does is a comparison of ids.
 */
export class Control {
  depth = -1;
  /** By depth. */
  readonly #ids: number[] = [];
  readonly #bases: number[] = [];
  readonly #params: number[] = [];
  readonly #results: number[] = [];
  readonly #loopStarts: number[] = [];
  #lastId = 0;

  /** Of the innermost open arm: its id, where the operand stack begins in it, and where the innermost loop around it begins (or -1). */
  id = 0;
  base = 0;
  loopStart = -1;

  /** Begins a function body. Its frame is at depth 0. */
  enter(): void {
    this.depth = -1;
    this.loopStart = -1;
    this.open(0, 0, 0);
  }

  /** `base` is the height of the operand stack without the block's params. */
  open(base: number, params: number, results: number): void {
    const depth = ++this.depth;
    this.#bases[depth] = base;
    this.#params[depth] = params;
    this.#results[depth] = results;
    this.#loopStarts[depth] = this.loopStart;
    this.base = base;
    this.#beginArm();
  }

  /** Says that the block that was just opened is a loop, whose body begins at `at`. */
  markLoop(at: number): void {
    this.#loopStarts[this.depth] = at;
    this.loopStart = at;
  }

  /** Begins another arm of the innermost block. Gives how many params it has on the operand stack. */
  nextArm(at: number): number {
    if (this.depth < 1) throw malformed('an else or catch outside a block', at);
    this.#beginArm();
    return this.#params[this.depth] as number;
  }

  /** Ends the innermost block. Gives how many values it leaves on the operand stack. `base` is that of the block around it until they are pushed. */
  close(at: number): number {
    if (this.depth < 0) throw malformed('an end outside a block', at);
    const results = this.#results[this.depth] as number;
    this.depth--;
    const depth = this.depth;
    this.id = depth < 0 ? 0 : (this.#ids[depth] as number);
    this.base = depth < 0 ? 0 : (this.#bases[depth] as number);
    this.loopStart = depth < 0 ? -1 : (this.#loopStarts[depth] as number);
    return results;
  }

  /** Where the operand stack of the innermost block begins. */
  isOpen(depth: number, id: number): boolean {
    return depth <= this.depth && this.#ids[depth] === id;
  }

  #beginArm(): void {
    this.id = ++this.#lastId;
    this.#ids[this.depth] = this.id;
  }
}
