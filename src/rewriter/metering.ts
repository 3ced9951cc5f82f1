import type { Instructions } from '../wasm/instructions.ts';
import { HEAVY, isArrayBulk, isAtomicWait } from './analyse/costs.ts';
import { CHECK, type Work } from './analyse/work.ts';
import type { BodyEditor } from './emit/body-editor.ts';
import type { CheckEmitter } from './emit/check-emitter.ts';
import type { HelperFunctions } from './emit/helper-functions.ts';

/** The dependencies of `Metering`. */
export type MeteringParts = {
  readonly instructions: Instructions;
  readonly copy: BodyEditor;
  /** `undefined` if the module is not interrupted. */
  readonly checks: CheckEmitter | undefined;
  readonly work: Work;
  readonly helpers: HelperFunctions;
};

/**
 * Inserts checks into bodies wherever a path would do too much work without one, as counted by `Work`. The pass that rewrites a body calls:
 *
 * 1. `enter`, at the body's start;
 * 2. `weigh`, for an instruction that costs more than its bytes;
 * 3. `before` and `after`, around the handling of a control instruction or a call;
 * 4. `poll`, from time to time;
 * 5. `leave`, at the body's end.
 */
export class Metering {
  readonly #instructions: Instructions;
  readonly #copy: BodyEditor;
  readonly #checks: CheckEmitter | undefined;
  readonly #work: Work;
  readonly #helpers: HelperFunctions;

  constructor({ instructions, copy, checks, work, helpers }: MeteringParts) {
    this.#instructions = instructions;
    this.#copy = copy;
    this.#checks = checks;
    this.#work = work;
    this.#helpers = helpers;
  }

  /** Starts the body of function `index`, whose instructions are at `at`. */
  enter(index: number, at: number): void {
    this.#copy.enter(at);
    this.#work.enter(index, at);
  }

  /** Called before the instruction just read is handled: if it makes a path too long, a check is inserted before it. */
  weigh(units: number): void {
    this.#work.weigh(units);
    if (units >= HEAVY && this.#work.needsCheck(this.#instructions.start)) this.#copy.checkBefore(this.#checks);
  }

  /** Follows the instruction just read, which transfers control or may take long. Returns the argument for `after`. */
  before(): number {
    const where = this.#work.step(this.#instructions);
    if ((where & CHECK.before) !== 0) this.#copy.checkBefore(this.#checks);
    if (this.#checks !== undefined) this.#bound(this.#instructions.code);
    return where;
  }

  /** V8 cannot be interrupted within an instruction: one that could take long is made to trap instead. */
  #bound(code: number): void {
    if (isAtomicWait(code)) this.#copy.replaceByTrap();
    else if (isArrayBulk(code)) this.#copy.callBefore(this.#helpers.arrayLength());
  }

  after(where: number): void {
    if ((where & CHECK.after) !== 0) this.#copy.checkAfter(this.#checks);
  }

  /** Checks the path up to the instruction just read. */
  poll(): void {
    if (this.#work.needsCheck(this.#instructions.at)) this.#copy.checkAfter(this.#checks);
  }

  /** Ends the body, and inserts a check at its start if it may do much work. */
  leave(end: number): void {
    this.#copy.finish(end, this.#work.leave() ? this.#checks : undefined);
  }
}
