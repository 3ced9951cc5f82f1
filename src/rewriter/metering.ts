import type { Instructions } from '../wasm/instructions.ts';
import { HEAVY, isArrayBulk, isAtomicWait } from './analyse/costs.ts';
import { CHECK, type Work } from './analyse/work.ts';
import type { BodyEditor } from './emit/body-editor.ts';
import type { CheckEmitter } from './emit/check-emitter.ts';
import type { HelperFunctions } from './emit/helper-functions.ts';

/** What the metering of a module's bodies works with. */
export type MeteringParts = {
  readonly instructions: Instructions;
  readonly copy: BodyEditor;
  /** `undefined` if nobody interrupts the module. */
  readonly checks: CheckEmitter | undefined;
  readonly work: Work;
  readonly helpers: HelperFunctions;
};

/**
 * Puts checks into bodies wherever a path would do too much without one, as `Work` counts it. Whoever rewrites a body says what it passes:
 *
 * 1. `enter`, at the body's begin;
 * 2. `weigh`, for an instruction that costs more than its bytes;
 * 3. `before` and `after`, around what is done with a control instruction or a call;
 * 4. `look`, now and then;
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

  /** Begins with the body of function `index`, whose instructions are at `at`. */
  enter(index: number, at: number): void {
    this.#copy.enter(at);
    this.#work.enter(index, at);
  }

  /** Before the instruction just read is followed: one that makes a path too long comes after a check. */
  weigh(units: number): void {
    this.#work.weigh(units);
    if (units >= HEAVY && this.#work.look(this.#instructions.start)) this.#copy.checkBefore(this.#checks);
  }

  /** Follows the instruction just read, which goes elsewhere or may take long. Gives what `after` is to be told. */
  before(): number {
    const where = this.#work.step(this.#instructions);
    if ((where & CHECK.before) !== 0) this.#copy.checkBefore(this.#checks);
    if (this.#checks !== undefined) this.#bound(this.#instructions.code);
    return where;
  }

  /** No check comes while V8 does a single instruction: one that could go on for long traps instead. */
  #bound(code: number): void {
    if (isAtomicWait(code)) this.#copy.replaceByTrap();
    else if (isArrayBulk(code)) this.#copy.callBefore(this.#helpers.arrayLength());
  }

  after(where: number): void {
    if ((where & CHECK.after) !== 0) this.#copy.checkAfter(this.#checks);
  }

  /** Looks at the path up to the instruction just read. */
  look(): void {
    if (this.#work.look(this.#instructions.at)) this.#copy.checkAfter(this.#checks);
  }

  /** Ends the body, which begins with a check if what it does may be much. */
  leave(end: number): void {
    this.#copy.finish(end, this.#work.leave() ? this.#checks : undefined);
  }
}
