import { BodyCopy } from './body-copy.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Callers } from './callers.ts';
import type { Checks } from './checks.ts';
import type { CompileTimes } from './compile-limits.ts';
import type { CoreModule } from './core-module.ts';
import { HEAVY, KIND, KINDS, WEIGHTS, isArrayBulk, isAtomicWait } from './costs.ts';
import type { Helpers } from './helpers.ts';
import type { HostFunction } from './host-functions.ts';
import { type Effects, hasEffect, noteEffects } from './effects.ts';
import type { Instructions } from './instructions.ts';
import type { FunctionFacts } from './marking.ts';
import { CODE_COUNT, OP } from './opcodes.ts';
import { isBulk } from './pieces.ts';
import { malformed } from './refusal.ts';
import { endOfShortForm } from './short-forms.ts';
import { TableGrowth, type TableGrowthParts } from './table-growth.ts';
import { CHECK, STRIDE, Work } from './work.ts';

/** By code: whether an instruction is looked at. All others are passed. */
const MATTERS = Uint8Array.from({ length: CODE_COUNT }, (_, code) => {
  return KINDS[code] !== KIND.pass || hasEffect(code) ? 1 : 0;
});

/** What the checking of a module's bodies works with. */
export type CheckingParts = TableGrowthParts & {
  readonly module: CoreModule;
  readonly times: CompileTimes | undefined;
  readonly callers: Callers;
  /** `undefined` where nobody interrupts the module. */
  readonly checks: Checks | undefined;
  /** Asked before a memory grows; `undefined` where there is none. */
  readonly takePages: HostFunction | undefined;
  readonly output: ByteWriter;
  /** Where it is noted what the bodies do. */
  readonly effects: Effects;
};

/** Puts checks into bodies and calls of helpers in the place of `memory.grow`, and copies them otherwise as they are. `Marking` does so too, beside much else. */
export class Checking {
  readonly #helpers: Helpers;
  readonly #checks: Checks | undefined;
  readonly #takePages: HostFunction | undefined;
  readonly #tableGrowth: TableGrowth;
  readonly #instructions: Instructions;
  readonly #copy: BodyCopy;
  readonly #effects: Effects;
  readonly #work: Work;

  constructor(parts: CheckingParts) {
    const { module, callers, helpers, checks, takePages, instructions, output, effects, times } = parts;
    this.#helpers = helpers;
    this.#checks = checks;
    this.#takePages = takePages;
    this.#instructions = instructions;
    this.#copy = new BodyCopy(instructions, output);
    this.#effects = effects;
    this.#work = new Work(module, callers, times);
    this.#tableGrowth = new TableGrowth(parts, this.#copy);
  }

  /** Appends the instructions in `[at, end)` of function `index` to the output. */
  rewrite(at: number, end: number, { index }: FunctionFacts): void {
    const instructions = this.#instructions;
    instructions.enter(at, end);
    this.#copy.enter(at);
    this.#work.enter(index, at);
    for (let next = at; next < end;) {
      const stop = Math.min(end, next + STRIDE);
      while (next < stop) next = this.#pass(next);
      instructions.at = next;
      if (this.#work.look(next)) this.#copy.checkAfter(this.#checks);
    }
    if (instructions.at !== end || instructions.code !== OP.end)
      throw malformed('a function body that does not end', at);
    this.#copy.finish(end, this.#work.leave() ? this.#checks : undefined);
  }

  /** Gives where the instruction ends. */
  #pass(start: number): number {
    const instructions = this.#instructions;
    const { bytes } = instructions;
    const first = bytes[start] as number;
    const end = MATTERS[first] === 1 ? start : endOfShortForm(bytes, start);
    if (end !== start) {
      this.#work.weigh(WEIGHTS[first] as number);
      return end;
    }
    instructions.at = start;
    instructions.next();
    this.#look();
    return instructions.at;
  }

  #look(): void {
    const instructions = this.#instructions;
    const { code } = instructions;
    const weight = WEIGHTS[code] as number;
    this.#work.weigh(weight);
    if (weight >= HEAVY && this.#work.look(instructions.start)) this.#copy.checkBefore(this.#checks);
    const where = KINDS[code] === KIND.pass ? CHECK.none : this.#work.step(instructions);
    if ((where & CHECK.before) !== 0) this.#copy.checkBefore(this.#checks);
    if (code === OP.memoryGrow) this.#askBefore();
    else noteEffects(this.#effects, code);
    if (isAtomicWait(code) && this.#checks !== undefined) this.#copy.replaceByTrap();
    if (isArrayBulk(code) && this.#checks !== undefined) this.#copy.callBefore(this.#helpers.arrayLength());
    if (isBulk(code)) this.#replaceBulk();
    else if (code === OP.tableGrow) this.#tableGrowth.replace();
    if ((where & CHECK.after) !== 0) this.#copy.checkAfter(this.#checks);
  }

  #askBefore(): void {
    if (this.#takePages === undefined) return;
    this.#copy.replaceByCall(this.#helpers.growUntracked(this.#instructions.index, this.#takePages));
  }

  #replaceBulk(): void {
    if (this.#checks !== undefined) this.#copy.replaceByCall(this.#helpers.bulk(this.#instructions, this.#checks));
  }
}
