import { malformed } from '../../wasm/refusal.ts';

/**
 * The blocks that are open at a point in a function body.
 *
 * Each arm of a block has a unique id within the module. A fact recorded in an arm holds until the arm ends, and comparing ids tells whether it still
 * does.
 */
export class Control {
  depth = -1;
  /** The open blocks, by depth. */
  readonly #ids: number[] = [];
  readonly #bases: number[] = [];
  readonly #params: number[] = [];
  readonly #results: number[] = [];
  readonly #loopStarts: number[] = [];
  #lastId = 0;

  /** The innermost open arm: its id, the base of its operand stack, and the start of the innermost loop around it (or -1). */
  id = 0;
  base = 0;
  loopStart = -1;

  /** Starts a function body, whose frame has depth 0. */
  enter(): void {
    this.depth = -1;
    this.loopStart = -1;
    this.open(0, 0, 0);
  }

  /** Opens a block. `base` is the height of the operand stack without the block's params. */
  open(base: number, params: number, results: number): void {
    const depth = ++this.depth;
    this.#bases[depth] = base;
    this.#params[depth] = params;
    this.#results[depth] = results;
    this.#loopStarts[depth] = this.loopStart;
    this.base = base;
    this.#beginArm();
  }

  /** Marks the block that was just opened as a loop, whose body begins at `at`. */
  markLoop(at: number): void {
    this.#loopStarts[this.depth] = at;
    this.loopStart = at;
  }

  /** Begins another arm of the innermost block. Returns the number of its params on the operand stack. */
  nextArm(at: number): number {
    if (this.depth < 1) throw malformed('else or catch outside a block', at);
    this.#beginArm();
    return this.#params[this.depth] as number;
  }

  /** Ends the innermost block. Returns the number of its results. `base` is that of the enclosing block until they are pushed. */
  close(at: number): number {
    if (this.depth < 0) throw malformed('end outside a block', at);
    const results = this.#results[this.depth] as number;
    this.depth--;
    const depth = this.depth;
    this.id = depth < 0 ? 0 : (this.#ids[depth] as number);
    this.base = depth < 0 ? 0 : (this.#bases[depth] as number);
    this.loopStart = depth < 0 ? -1 : (this.#loopStarts[depth] as number);
    return results;
  }

  /** The base of the innermost block's operand stack. */
  isOpen(depth: number, id: number): boolean {
    return depth <= this.depth && this.#ids[depth] === id;
  }

  #beginArm(): void {
    this.id = ++this.#lastId;
    this.#ids[this.depth] = this.id;
  }
}
