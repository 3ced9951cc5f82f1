/** Of a path that nothing comes along, such as one after a `return`. */
const NONE = -1;

/** Of blocks. `thrownTo`: what is thrown may come to the end, so that a check follows. */
const FLAG = Object.freeze({ hasOtherArm: 1, loop: 2, thrownTo: 3 } as const);

/**
 * The longest paths to a point of a function body, in units of work: `length` since the last check or the function's begin, `unwinding` since a call
 * returned that may have come to a check; and `compiling`, in microseconds: what V8 takes for the functions called since the last check, should none have been
 * called before. What a block's branches bring to its end is kept until then.
 */
export class WorkPaths {
  length = 0;
  unwinding = NONE;
  compiling = 0;
  /** Of the innermost block; 0 is the function's body. */
  depth = -1;
  /** By depth: flags. */
  readonly #flags: number[] = [];
  /** By depth: the longest of those that branched to the end. */
  readonly #endLengths: number[] = [];
  readonly #endUnwindings: number[] = [];
  readonly #endCompilings: number[] = [];
  /** By depth, where the block has another arm: those to that, or past it where there is none. */
  readonly #armLengths: number[] = [];
  readonly #armUnwindings: number[] = [];
  readonly #armCompilings: number[] = [];

  /** Begins a function body. */
  enter(): void {
    this.length = 0;
    this.unwinding = NONE;
    this.compiling = 0;
    this.depth = -1;
    this.openBlock();
  }

  pass(units: number): void {
    if (this.length >= 0) this.length += units;
    if (this.unwinding >= 0) this.unwinding += units;
  }

  check(): void {
    if (this.length < 0) return;
    this.length = 0;
    this.unwinding = NONE;
    this.compiling = 0;
  }

  /** A function is called that may come to a check, and takes V8 so long to compile, with what it calls. */
  call(units: number, micros: number): void {
    if (this.length < 0) return;
    this.length += units;
    this.compiling += micros;
    this.unwinding = this.unwinding < 0 ? 0 : this.unwinding + units;
  }

  /** A function is called that begins with a check. */
  callChecked(): void {
    if (this.length < 0) return;
    this.length = 0;
    this.unwinding = 0;
    this.compiling = 0;
  }

  /** Nothing comes further. */
  stop(): void {
    this.length = NONE;
    this.unwinding = NONE;
    this.compiling = 0;
  }

  openBlock(): void {
    this.#open(0);
  }

  openIf(): void {
    this.#open(FLAG.hasOtherArm);
    this.#armLengths[this.depth] = this.length;
    this.#armUnwindings[this.depth] = this.unwinding;
    this.#armCompilings[this.depth] = this.compiling;
  }

  /** With a check where it begins. */
  openLoop(): void {
    this.#open(FLAG.loop);
    this.check();
  }

  /** Goes on with the other arm of the innermost block. */
  nextArm(): void {
    const { depth } = this;
    this.branch(0);
    this.length = this.#armLengths[depth] as number;
    this.unwinding = this.#armUnwindings[depth] as number;
    this.compiling = this.#armCompilings[depth] as number;
    if (this.#flags[depth] === FLAG.hasOtherArm) this.#flags[depth] = 0;
  }

  /** Goes on with an arm that what is thrown comes to, and a check where it begins. */
  catchArm(): void {
    this.branch(0);
    this.length = 0;
    this.unwinding = NONE;
    this.compiling = 0;
  }

  /** A path goes to a label. That to a loop comes to its check, that to the function's body ends. */
  branch(label: number): void {
    const target = this.depth - label;
    if (this.#flags[target] === FLAG.loop) return;
    if (this.length > (this.#endLengths[target] as number)) this.#endLengths[target] = this.length;
    if (this.unwinding > (this.#endUnwindings[target] as number)) this.#endUnwindings[target] = this.unwinding;
    if (this.compiling > (this.#endCompilings[target] as number)) this.#endCompilings[target] = this.compiling;
  }

  /** What is thrown may come to a label. Gives whether there is something after that in the body. */
  expectThrown(label: number): boolean {
    const target = this.depth - label;
    if (target > 0 && this.#flags[target] !== FLAG.loop) this.#flags[target] = FLAG.thrownTo;
    return target > 0;
  }

  /** Ends the innermost block. Gives whether a check has to follow, which is counted. */
  close(): boolean {
    const depth = this.depth--;
    const flag = this.#flags[depth];
    if (flag === FLAG.thrownTo) {
      this.length = 0;
      this.unwinding = NONE;
      this.compiling = 0;
      return true;
    }
    this.#join(this.#endLengths, this.#endUnwindings, this.#endCompilings);
    if (flag === FLAG.hasOtherArm) this.#join(this.#armLengths, this.#armUnwindings, this.#armCompilings);
    return false;
  }

  /** The paths that were kept of the block that has just been left come to here. */
  #join(lengths: readonly number[], unwindings: readonly number[], compilings: readonly number[]): void {
    const at = this.depth + 1;
    this.length = Math.max(this.length, lengths[at] as number);
    this.unwinding = Math.max(this.unwinding, unwindings[at] as number);
    this.compiling = Math.max(this.compiling, compilings[at] as number);
  }

  #open(flag: number): void {
    const depth = ++this.depth;
    this.#flags[depth] = flag;
    this.#endLengths[depth] = NONE;
    this.#endUnwindings[depth] = NONE;
    this.#endCompilings[depth] = 0;
  }
}
