/** Of a path that nothing comes along, such as one after a `return`. What is added to it leaves it below 0: no body has so many bytes. */
const NONE = -(2 ** 40);

/**
 * The longest paths to a point of a function body, in units of work: `length` since the last check or the function's begin, `unwinding` since a call
 * returned that may have come to a check. What a block's branches bring to its end is kept until then.
 */
export class WorkPaths {
  length = 0;
  unwinding = NONE;
  /** Of the innermost block; 0 is the function's body. */
  depth = -1;
  /** By depth: the longest of those that branched to the end. */
  readonly #endLengths: number[] = [];
  readonly #endUnwindings: number[] = [];
  /** By depth: those to the other arm, or past it where there is none. */
  readonly #armLengths: number[] = [];
  readonly #armUnwindings: number[] = [];
  readonly #isLoop: boolean[] = [];
  /** By depth: whether what is thrown may come to the end. */
  readonly #isThrownTo: boolean[] = [];

  /** Begins a function body. */
  enter(): void {
    this.length = 0;
    this.unwinding = NONE;
    this.depth = -1;
    this.open();
  }

  pass(units: number): void {
    this.length += units;
    this.unwinding += units;
  }

  check(): void {
    if (this.length < 0) return;
    this.length = 0;
    this.unwinding = NONE;
  }

  /** A function is called that may come to a check. */
  call(units: number): void {
    if (this.length < 0) return;
    this.length += units;
    this.unwinding = Math.max(this.unwinding + units, 0);
  }

  /** A function is called that begins with a check. */
  callChecked(): void {
    if (this.length < 0) return;
    this.length = 0;
    this.unwinding = 0;
  }

  /** Nothing comes further. */
  stop(): void {
    this.length = NONE;
    this.unwinding = NONE;
  }

  open(): void {
    const depth = ++this.depth;
    this.#endLengths[depth] = NONE;
    this.#endUnwindings[depth] = NONE;
    this.#armLengths[depth] = NONE;
    this.#armUnwindings[depth] = NONE;
    this.#isLoop[depth] = false;
    this.#isThrownTo[depth] = false;
  }

  openIf(): void {
    this.open();
    this.#armLengths[this.depth] = this.length;
    this.#armUnwindings[this.depth] = this.unwinding;
  }

  /** With a check where it begins. */
  openLoop(): void {
    this.open();
    this.#isLoop[this.depth] = true;
    this.check();
  }

  /** Goes on with the other arm of the innermost block. */
  nextArm(): void {
    const { depth } = this;
    this.branch(0);
    this.length = this.#armLengths[depth] as number;
    this.unwinding = this.#armUnwindings[depth] as number;
    this.#armLengths[depth] = NONE;
    this.#armUnwindings[depth] = NONE;
  }

  /** Goes on with an arm that what is thrown comes to, and a check where it begins. */
  catchArm(): void {
    this.branch(0);
    this.length = 0;
    this.unwinding = NONE;
  }

  /** A path goes to a label. That to a loop comes to its check, that to the function's body ends. */
  branch(label: number): void {
    const target = this.depth - label;
    if (this.#isLoop[target] === true) return;
    this.#endLengths[target] = Math.max(this.#endLengths[target] ?? NONE, this.length);
    this.#endUnwindings[target] = Math.max(this.#endUnwindings[target] ?? NONE, this.unwinding);
  }

  /** What is thrown may come to a label. Gives whether there is something after that in the body. */
  expectThrown(label: number): boolean {
    const target = this.depth - label;
    if (target > 0) this.#isThrownTo[target] = true;
    return target > 0;
  }

  /** Ends the innermost block. Gives whether a check has to follow, which is counted. */
  close(): boolean {
    const depth = this.depth--;
    this.length = Math.max(this.length, this.#endLengths[depth] as number, this.#armLengths[depth] as number);
    this.unwinding = Math.max(
      this.unwinding,
      this.#endUnwindings[depth] as number,
      this.#armUnwindings[depth] as number,
    );
    const isThrownTo = this.#isThrownTo[depth] === true && this.#isLoop[depth] !== true;
    if (isThrownTo) {
      this.length = 0;
      this.unwinding = NONE;
    }
    return isThrownTo;
  }
}
