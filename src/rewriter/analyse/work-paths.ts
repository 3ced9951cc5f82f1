/** The length of an unreachable path, such as one after a `return`. */
const NONE = -1;

/** The flags of blocks. `thrownTo`: an exception may arrive at the end, so a check follows. */
const FLAG = Object.freeze({ hasOtherArm: 1, loop: 2, thrownTo: 3 } as const);

/**
 * The longest paths to a point in a function body. `length`: units of work since the last check or the function's start; `unwinding`: units since a call
 * returned that may have reached a check; `compiling`: microseconds for V8 to compile the functions called since the last check, if none has been called
 * before. Paths that branch to the end of a block are kept until then.
 */
export class WorkPaths {
  length = 0;
  unwinding = NONE;
  compiling = 0;
  /** The depth of the innermost block; 0 is the function's body. */
  depth = -1;
  /** The blocks' flags, by depth. */
  readonly #flags: number[] = [];
  /** The longest paths that branched to the end of a block, by depth. */
  readonly #endLengths: number[] = [];
  readonly #endUnwindings: number[] = [];
  readonly #endCompilings: number[] = [];
  /** For blocks with another arm: the paths to it, or past it if it is absent; by depth. */
  readonly #armLengths: number[] = [];
  readonly #armUnwindings: number[] = [];
  readonly #armCompilings: number[] = [];

  /** Starts a function body. */
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

  /** A call of a function that may reach a check, and that V8 needs `micros` to compile, with its callees. */
  call(units: number, micros: number): void {
    if (this.length < 0) return;
    this.length += units;
    this.compiling += micros;
    this.unwinding = this.unwinding < 0 ? 0 : this.unwinding + units;
  }

  /** A call of a function that begins with a check. */
  callChecked(): void {
    if (this.length < 0) return;
    this.length = 0;
    this.unwinding = 0;
    this.compiling = 0;
  }

  /** What follows is unreachable. */
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

  /** Opens a loop, which begins with a check. */
  openLoop(): void {
    this.#open(FLAG.loop);
    this.check();
  }

  /** Continues with the other arm of the innermost block. */
  nextArm(): void {
    const { depth } = this;
    this.branch(0);
    this.length = this.#armLengths[depth] as number;
    this.unwinding = this.#armUnwindings[depth] as number;
    this.compiling = this.#armCompilings[depth] as number;
    if (this.#flags[depth] === FLAG.hasOtherArm) this.#flags[depth] = 0;
  }

  /** Continues with an arm that catches exceptions, which begins with a check. */
  catchArm(): void {
    this.branch(0);
    this.length = 0;
    this.unwinding = NONE;
    this.compiling = 0;
  }

  /** A path branches to a label. A branch to a loop reaches its check; a branch to the function's body ends the path. */
  branch(label: number): void {
    const target = this.depth - label;
    if (this.#flags[target] === FLAG.loop) return;
    if (this.length > (this.#endLengths[target] as number)) this.#endLengths[target] = this.length;
    if (this.unwinding > (this.#endUnwindings[target] as number)) this.#endUnwindings[target] = this.unwinding;
    if (this.compiling > (this.#endCompilings[target] as number)) this.#endCompilings[target] = this.compiling;
  }

  /** An exception may arrive at a label. Returns whether any code of the body follows it. */
  expectThrown(label: number): boolean {
    const target = this.depth - label;
    if (target > 0 && this.#flags[target] !== FLAG.loop) this.#flags[target] = FLAG.thrownTo;
    return target > 0;
  }

  /** Ends the innermost block. Returns whether a check must follow; if so, it is taken into account. */
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

  /** Joins the kept paths of the block that has just ended. */
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
