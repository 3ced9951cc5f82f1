import { BodyEditor } from './emit/body-editor.ts';
import type { ByteWriter } from '../wasm/byte-writer.ts';
import type { Callers } from './emit/callers.ts';
import type { CheckEmitter } from './emit/check-emitter.ts';
import type { CompileTimes } from './analyse/compile-bounds.ts';
import type { CoreModule } from './core-module.ts';
import { KIND, KINDS, WEIGHTS } from './analyse/costs.ts';
import type { HelperFunctions } from './emit/helper-functions.ts';
import type { HostFunction } from './emit/host-functions.ts';
import { type Effects, hasEffect, noteEffects } from './analyse/effects.ts';
import type { Instructions } from '../wasm/instructions.ts';
import { Metering } from './metering.ts';
import type { FunctionFacts } from './mark-pass.ts';
import { CODE_COUNT, OP } from '../wasm/opcodes.ts';
import { isDoneInPieces } from './emit/pieces.ts';
import { malformed } from '../wasm/refusal.ts';
import { endOfShortForm } from '../wasm/short-forms.ts';
import { TableGrowth, type TableGrowthParts } from './emit/table-growth.ts';
import { CHECK, STRIDE, Work } from './analyse/work.ts';

/** By code: whether an instruction must be inspected. All others are skipped. */
const MATTERS = Uint8Array.from({ length: CODE_COUNT }, (_, code) => {
  return KINDS[code] !== KIND.pass || hasEffect(code) ? 1 : 0;
});

/** The dependencies of `CheckPass`. */
export type CheckingParts = TableGrowthParts & {
  readonly module: CoreModule;
  readonly times: CompileTimes | undefined;
  readonly callers: Callers;
  /** `undefined` if the module is not interrupted. */
  readonly checks: CheckEmitter | undefined;
  /** Called before a memory grows; `undefined` if there is no memory. */
  readonly takePages: HostFunction | undefined;
  readonly output: ByteWriter;
  /** Records the effects of the bodies. */
  readonly effects: Effects;
};

/** Inserts checks into bodies, replaces `memory.grow` by calls of helpers, and copies everything else. `MarkPass` does this too, among much else. */
export class CheckPass {
  readonly #helpers: HelperFunctions;
  readonly #checks: CheckEmitter | undefined;
  readonly #takePages: HostFunction | undefined;
  readonly #tableGrowth: TableGrowth;
  readonly #instructions: Instructions;
  readonly #copy: BodyEditor;
  readonly #effects: Effects;
  readonly #work: Work;
  readonly #metering: Metering;

  constructor(parts: CheckingParts) {
    const { module, callers, helpers, checks, takePages, instructions, output, effects, times } = parts;
    this.#helpers = helpers;
    this.#checks = checks;
    this.#takePages = takePages;
    this.#instructions = instructions;
    this.#copy = new BodyEditor(instructions, output);
    this.#effects = effects;
    this.#work = new Work(module, callers, times);
    this.#metering = new Metering({ instructions, copy: this.#copy, checks, work: this.#work, helpers });
    this.#tableGrowth = new TableGrowth(parts, this.#copy);
  }

  /** Appends the instructions in `[at, end)` of function `index` to the output. */
  rewrite(at: number, end: number, { index }: FunctionFacts): void {
    const instructions = this.#instructions;
    instructions.enter(at, end);
    this.#metering.enter(index, at);
    for (let next = at; next < end;) {
      const stop = Math.min(end, next + STRIDE);
      while (next < stop) next = this.#pass(next);
      instructions.at = next;
      this.#metering.poll();
    }
    if (instructions.at !== end || instructions.code !== OP.end) throw malformed('function body without an end', at);
    this.#metering.leave(end);
  }

  /** Returns the end of the instruction. */
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
    this.#inspect();
    return instructions.at;
  }

  #inspect(): void {
    const instructions = this.#instructions;
    const { code } = instructions;
    this.#metering.weigh(WEIGHTS[code] as number);
    const where = KINDS[code] === KIND.pass ? CHECK.none : this.#metering.before();
    if (code === OP.memoryGrow) this.#askBefore();
    else noteEffects(this.#effects, code);
    if (isDoneInPieces(code)) this.#replaceBulk();
    else if (code === OP.tableGrow) this.#tableGrowth.replace();
    this.#metering.after(where);
  }

  #askBefore(): void {
    if (this.#takePages === undefined) return;
    this.#copy.replaceByCall(this.#helpers.growUntracked(this.#instructions.index, this.#takePages));
  }

  #replaceBulk(): void {
    if (this.#checks !== undefined) this.#copy.replaceByCall(this.#helpers.bulk(this.#instructions, this.#checks));
  }
}
