import { BodyCopy } from './body-copy.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Checks } from './checks.ts';
import type { Helpers } from './helpers.ts';
import type { HostFunction } from './host-functions.ts';
import { type Effects, hasEffect, noteEffects } from './effects.ts';
import type { Instructions } from './instructions.ts';
import type { FunctionFacts } from './marking.ts';
import { CODE_COUNT, OP } from './opcodes.ts';
import { malformed } from './refusal.ts';
import { endOfShortForm } from './short-forms.ts';
import { TableGrowth, type TableGrowthParts } from './table-growth.ts';

/** By code: whether an instruction is looked at. All others are passed. */
const MATTERS = Uint8Array.from({ length: CODE_COUNT }, (_, code) => {
  return code === OP.loop || code === OP.end || code === OP.memoryGrow || isCall(code) || hasEffect(code) ? 1 : 0;
});

function isCall(code: number): boolean {
  return code >= OP.call && code <= OP.returnCallRef;
}

/** What the checking of a module's bodies works with. */
export type CheckingParts = TableGrowthParts & {
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
  #index = 0;
  #beginsWithCheck = false;

  constructor(parts: CheckingParts) {
    const { helpers, checks, takePages, instructions, output, effects } = parts;
    this.#helpers = helpers;
    this.#checks = checks;
    this.#takePages = takePages;
    this.#instructions = instructions;
    this.#copy = new BodyCopy(instructions, output);
    this.#effects = effects;
    this.#tableGrowth = new TableGrowth(parts, this.#copy);
  }

  /** Appends the instructions in `[at, end)` of function `index` to the output. */
  rewrite(at: number, end: number, { index, isCostly }: FunctionFacts): void {
    const instructions = this.#instructions;
    const { bytes } = instructions;
    instructions.enter(at, end);
    this.#copy.enter(at);
    this.#index = index;
    this.#beginsWithCheck = isCostly;
    for (let next = at; next < end;) {
      const matters = MATTERS[bytes[next] as number] === 1;
      const passed = matters ? next : endOfShortForm(bytes, next);
      next = passed === next ? this.#look(next) : passed;
    }
    if (instructions.at !== end || instructions.code !== OP.end)
      throw malformed('a function body that does not end', at);
    this.#copy.finish(end, this.#beginsWithCheck ? this.#checks : undefined);
  }

  /** Gives where the instruction ends. */
  #look(start: number): number {
    const instructions = this.#instructions;
    instructions.at = start;
    instructions.next();
    const { code, at } = instructions;
    if (code === OP.loop) this.#checkAfter();
    else if (code === OP.call || code === OP.returnCall) this.#beginsWithCheck ||= instructions.index <= this.#index;
    else if (isCall(code)) this.#beginsWithCheck = true;
    else if (code === OP.memoryGrow) this.#askBefore();
    else {
      noteEffects(this.#effects, code);
      if (code === OP.tableGrow) this.#tableGrowth.replace();
    }
    return at;
  }

  #checkAfter(): void {
    this.#copy.copyThrough();
    this.#checks?.emit(this.#copy.output);
  }

  #askBefore(): void {
    if (this.#takePages === undefined) return;
    this.#copy.replaceByCall(this.#helpers.growUntracked(this.#instructions.index, this.#takePages));
  }
}
