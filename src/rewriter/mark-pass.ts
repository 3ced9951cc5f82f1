import { BodyEditor } from './emit/body-editor.ts';
import type { ByteWriter } from '../wasm/byte-writer.ts';
import type { Callers } from './emit/callers.ts';
import type { CheckEmitter } from './emit/check-emitter.ts';
import { Control } from './analyse/control.ts';
import type { CompileTimes } from './analyse/compile-bounds.ts';
import type { CoreModule } from './core-module.ts';
import { KIND, KINDS, LOAD_UNITS, WEIGHTS } from './analyse/costs.ts';
import { type Effects, hasEffect, noteEffects } from './analyse/effects.ts';
import { type HelperFunctions, isStore, writtenMemory } from './emit/helper-functions.ts';
import type { HostFunction } from './emit/host-functions.ts';
import { EMPTY_BLOCK, type Instructions, VALUE_BLOCK } from '../wasm/instructions.ts';
import { Metering } from './metering.ts';
import { MarkedAddresses } from './analyse/marked-addresses.ts';
import { CODE_COUNT, FORGETS, IMMEDIATE, IMMEDIATES, OP, POPS, PUSHES } from '../wasm/opcodes.ts';
import { isDoneInPieces } from './emit/pieces.ts';
import { malformed } from '../wasm/refusal.ts';
import { endOfLeb, WITH_INDEX } from '../wasm/short-forms.ts';
import { Survey } from './analyse/survey.ts';
import { TableGrowth } from './emit/table-growth.ts';
import type { FunctionArity } from '../wasm/types.ts';
import { CONSTANT, UNKNOWN, Values } from './analyse/values.ts';
import { STRIDE, Work } from './analyse/work.ts';

const STEP = Object.freeze({
  other: 0,
  plain: 1,
  leb: 2,
  load: 3,
  local: 4,
  constant: 5,
  sum: 6,
  control: 7,
  branch: 8,
  branchIf: 9,
  effect: 10,
} as const);

/** How to skip instructions of which only the number of operands matters, by their immediates. */
const PLAIN_STEPS: ReadonlyMap<number, number> = new Map([
  [IMMEDIATE.none, STEP.plain],
  [IMMEDIATE.index, STEP.leb],
  [IMMEDIATE.i64, STEP.leb],
  [IMMEDIATE.memory, STEP.load],
]);

/** How each instruction is handled, by code. */
const STEPS = Uint8Array.from({ length: CODE_COUNT }, (_, code) => {
  if (code >= OP.localGet && code <= OP.localTee) return STEP.local;
  if (code === OP.i32Const) return STEP.constant;
  if (code === OP.i32Add || code === OP.i32Sub) return STEP.sum;
  if (isControl(code)) return STEP.control;
  if (hasEffect(code) || code === OP.memorySize || code === OP.memoryGrow) return STEP.effect;
  if (code === OP.brIf) return STEP.branchIf;
  if (KINDS[code] !== KIND.pass) return STEP.branch;
  // Loads are weighed while they are skipped.
  if (WEIGHTS[code] !== 0 && !isShortLoad(code)) return STEP.other;
  return code < 0xfb ? (PLAIN_STEPS.get(IMMEDIATES[code] as number) ?? STEP.other) : STEP.other;
});

function isShortLoad(code: number): boolean {
  return code >= OP.i32Load && code < OP.i32Store;
}

function isControl(code: number): boolean {
  if (code === OP.end || code === OP.delegate || isCall(code)) return true;
  if (code === OP.else || code === OP.catch || code === OP.catchAll) return true;
  return IMMEDIATES[code] === IMMEDIATE.block || code === OP.tryTable;
}

function isCall(code: number): boolean {
  return code === OP.call || (code >= OP.callIndirect && code <= OP.returnCallRef);
}

/** What replaces instructions, or is inserted around them. */
export type Replacements = {
  readonly helpers: HelperFunctions;
  readonly callers: Callers;
  /** `undefined` if the module is not interrupted. */
  readonly checks: CheckEmitter | undefined;
  /** Called before a memory grows; `undefined` if there is no memory. */
  readonly takePages: HostFunction | undefined;
  /** Called before a table grows; `undefined` if none does. */
  readonly takeElements: HostFunction | undefined;
};

/** What is known about a function whose body is rewritten. */
export type FunctionFacts = {
  readonly index: number;
  /** The number of locals, including params. */
  readonly localCount: number;
};

/** The dependencies of `MarkPass`. */
export type MarkingParts = Replacements & {
  readonly module: CoreModule;
  readonly times: CompileTimes | undefined;
  readonly instructions: Instructions;
  readonly output: ByteWriter;
  /** Records the effects of the bodies. */
  readonly effects: Effects;
};

/**
 * Replaces stores to memory 0 whose page may not be marked yet, its `memory.size` and `memory.grow`, and bulk instructions by calls of helpers, and pushes
 * the caller for functions that take it. Copies all other instructions.
 *
 * A mark comes immediately before its store, and only for an address within the guest's memory, so at every call everything written is marked.
 */
export class MarkPass {
  readonly #module: CoreModule;
  readonly #instructions: Instructions;
  readonly #copy: BodyEditor;
  readonly #helpers: HelperFunctions;
  readonly #callers: Callers;
  readonly #checks: CheckEmitter | undefined;
  readonly #takePages: HostFunction | undefined;
  readonly #tableGrowth: TableGrowth;
  readonly #effects: Effects;
  readonly #survey: Survey;
  readonly #control = new Control();
  readonly #values: Values;
  readonly #marks = new MarkedAddresses(this.#control);
  readonly #work: Work;
  readonly #metering: Metering;
  #localCount = 0;

  constructor(parts: MarkingParts) {
    const { module, instructions, output, helpers, callers, checks, takePages, effects, times } = parts;
    this.#module = module;
    this.#instructions = instructions;
    this.#copy = new BodyEditor(instructions, output);
    this.#helpers = helpers;
    this.#callers = callers;
    this.#checks = checks;
    this.#takePages = takePages;
    this.#tableGrowth = new TableGrowth(parts, this.#copy);
    this.#effects = effects;
    this.#survey = new Survey(module.bytes);
    this.#values = new Values(this.#control, instructions, this.#survey);
    this.#work = new Work(module, callers, times);
    this.#metering = new Metering({ instructions, copy: this.#copy, checks, work: this.#work, helpers });
  }

  /** Appends the instructions in `[at, end)` of function `index` to the output. */
  rewrite(at: number, end: number, { index, localCount }: FunctionFacts): void {
    const instructions = this.#instructions;
    instructions.enter(at, end);
    this.#localCount = localCount;
    this.#metering.enter(index, at);
    this.#control.enter();
    this.#survey.enter(localCount);
    this.#values.enter();
    this.#marks.enter();
    while (instructions.at < end && this.#control.depth >= 0) this.#nextStride(end);
    if (instructions.at !== end || this.#control.depth >= 0) {
      throw malformed('unbalanced blocks in a function body', instructions.start);
    }
    this.#metering.leave(end);
  }

  #nextStride(end: number): void {
    const instructions = this.#instructions;
    const stop = Math.min(end, instructions.at + STRIDE);
    while (instructions.at < stop && this.#control.depth >= 0) this.#next();
    this.#metering.poll();
  }

  /** Processes an instruction. The short forms of frequent ones are handled here, with a single table lookup. */
  #next(): void {
    const instructions = this.#instructions;
    const { bytes, at } = instructions;
    const code = bytes[at] as number;
    let end = at;
    switch (STEPS[code] as number) {
      case STEP.plain:
        end = at + 1;
        break;
      case STEP.leb:
        end = endOfLeb(bytes, at + 1, at);
        break;
      case STEP.load:
        if ((bytes[at + 1] as number) < WITH_INDEX) end = endOfLeb(bytes, at + 2, at);
        if (end !== at) this.#work.weigh(LOAD_UNITS);
        break;
      case STEP.branchIf:
        if ((bytes[at + 1] as number) < 0x80 && !this.#work.branchIf(at + 2, bytes[at + 1] as number)) end = at + 2;
        break;
      case STEP.local:
        if ((bytes[at + 1] as number) < 0x80) return this.#stepShortLocal(code, at);
    }
    if (end === at || end > instructions.end) return this.#nextInFull();
    instructions.start = at;
    instructions.at = end;
    this.#values.exchange(POPS[code] as number, PUSHES[code] as number);
  }

  #stepShortLocal(code: number, at: number): void {
    const instructions = this.#instructions;
    instructions.start = at;
    instructions.at = at + 2;
    instructions.index = instructions.bytes[at + 1] as number;
    this.#stepLocal(code);
  }

  #nextInFull(): void {
    const instructions = this.#instructions;
    instructions.next();
    const { code } = instructions;
    const weight = WEIGHTS[code] as number;
    if (weight !== 0) this.#metering.weigh(weight);
    switch (STEPS[code] as number) {
      case STEP.local:
        return this.#stepLocal(code);
      case STEP.constant:
        return this.#values.push(CONSTANT, instructions.index);
      case STEP.sum:
        return this.#values.addOperands(code === OP.i32Add ? 1 : -1);
      case STEP.control:
      case STEP.branch:
      case STEP.branchIf:
        return this.#stepMetered(code);
      case STEP.effect:
        return KINDS[code] === KIND.pass ? this.#stepEffect(code) : this.#stepMetered(code);
      default:
        return this.#values.exchange(POPS[code] as number, PUSHES[code] as number);
    }
  }

  #stepLocal(code: number): void {
    const { index, start } = this.#instructions;
    if (index >= this.#localCount) throw malformed(`unknown local ${index}`, start);
    if (code === OP.localGet) this.#values.pushLocal(index);
    else if (code === OP.localSet) this.#values.popLocal(index);
    else this.#values.teeLocal(index);
  }

  /** Handles instructions that transfer control, or whose time depends on their operands. */
  #stepMetered(code: number): void {
    const where = this.#metering.before();
    const step = STEPS[code];
    if (step === STEP.control) this.#stepControl(code);
    else if (step === STEP.effect) this.#stepEffect(code);
    else this.#stepBranch(code);
    this.#metering.after(where);
  }

  /** Handles calls, and instructions that begin or end blocks. */
  #stepControl(code: number): void {
    const instructions = this.#instructions;
    if (code === OP.end || code === OP.delegate) this.#close();
    else if (code === OP.call) {
      this.#passCaller();
      this.#call(this.#module.functionTypes[instructions.index]);
    } else if (code === OP.returnCall) {
      this.#passCaller();
      this.#values.forget();
    } else if (isCall(code)) {
      if (code !== OP.callIndirect) return this.#values.forget();
      this.#values.drop(1);
      this.#call(instructions.index);
    } else if (code === OP.else || code === OP.catch || code === OP.catchAll) this.#nextArm();
    else this.#open(code);
  }

  /** Handles branches, and other instructions that transfer control. */
  #stepBranch(code: number): void {
    if (POPS[code] === FORGETS) this.#values.forget();
    else this.#values.exchange(POPS[code] as number, PUSHES[code] as number);
  }

  /** Handles instructions that write anything other than locals, or read a memory's size. */
  #stepEffect(code: number): void {
    noteEffects(this.#effects, code);
    if (isStore(code)) return this.#stepStore(code);
    if (code === OP.memorySize || code === OP.memoryGrow) this.#stepSize(code);
    else if (isDoneInPieces(code)) this.#stepBulk(code);
    else if (code === OP.tableGrow) this.#tableGrowth.replace();
    this.#values.exchange(POPS[code] as number, PUSHES[code] as number);
  }

  /** Pushes the caller for a host function. */
  #passCaller(): void {
    if (!this.#callers.takesCaller(this.#instructions.index)) return;
    this.#copy.copyBefore();
    this.#callers.emitCaller(this.#copy.output);
  }

  #open(code: number): void {
    if (code === OP.if) this.#values.drop(1);
    const { params, results } = this.#blockArity();
    const values = this.#values;
    // A loop's params also come from branches to it, so they are unknown. Treating other blocks differently is not worthwhile.
    values.drop(params);
    this.#control.open(values.height, params, results);
    values.pushUnknown(params);
    if (code !== OP.loop) return;
    const { start, at, end } = this.#instructions;
    if (this.#control.loopStart === -1) this.#survey.enterLoop(at, end);
    this.#control.markLoop(start);
  }

  #nextArm(): void {
    const params = this.#control.nextArm(this.#instructions.start);
    this.#values.forget();
    if (this.#instructions.code === OP.else) this.#values.pushUnknown(params);
  }

  #close(): void {
    this.#values.forget();
    this.#values.pushUnknown(this.#control.close(this.#instructions.start));
  }

  #call(type: number | undefined): void {
    const { params, results } = this.#arityOf(type ?? -1);
    this.#values.drop(params);
    this.#values.pushUnknown(results);
  }

  #blockArity(): FunctionArity {
    const { blockType } = this.#instructions;
    if (blockType === EMPTY_BLOCK) return { params: 0, results: 0 };
    return blockType === VALUE_BLOCK ? { params: 0, results: 1 } : this.#arityOf(blockType);
  }

  #arityOf(type: number): FunctionArity {
    const arity = this.#module.types[type];
    if (arity === undefined) throw malformed('reference to an unknown function type', this.#instructions.start);
    return arity;
  }

  #stepStore(code: number): void {
    const values = this.#values;
    const instructions = this.#instructions;
    values.drop((POPS[code] as number) - 1);
    values.pop();
    if (PUSHES[code] === 1) values.push(UNKNOWN, 0);
    if (instructions.memory !== 0) return;
    const { root } = values;
    const distance = (root === CONSTANT ? values.distance >>> 0 : values.distance) + instructions.offset;
    if (root !== UNKNOWN) {
      if (this.#marks.covers(root, distance)) return;
      this.#marks.add(root, distance);
    }
    const helper = this.#helpers.store(instructions);
    if (helper !== undefined) return this.#copy.replaceByCall(helper);
    this.#copy.copyBefore();
    this.#copy.output.byte(OP.i32Const);
    this.#copy.output.s32(instructions.offset);
    this.#copy.replaceByCall(this.#helpers.storeAt(instructions));
  }

  #stepSize(code: number): void {
    const { index } = this.#instructions;
    if (code === OP.memoryGrow && this.#takePages !== undefined) {
      const isTracked = index === 0;
      this.#copy.replaceByCall(
        isTracked ? this.#helpers.grow(this.#takePages) : this.#helpers.growUntracked(index, this.#takePages),
      );
    } else if (index === 0) this.#copy.replaceByCall(this.#helpers.size());
  }

  /** Bulk instructions that do not write the tracked memory are replaced only if checks are needed between their pieces. */
  #stepBulk(code: number): void {
    const { index, index2 } = this.#instructions;
    if (writtenMemory(code, index, index2) !== 0 && this.#checks === undefined) return;
    this.#copy.replaceByCall(this.#helpers.bulk(this.#instructions, this.#checks));
  }
}
