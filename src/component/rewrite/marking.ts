import type { ByteWriter } from './byte-writer.ts';
import { Control } from './control.ts';
import type { CoreModule } from './core-module.ts';
import { type Helpers, isStore, storeOperandCount } from './helpers.ts';
import { EMPTY_BLOCK, type Instructions, VALUE_BLOCK } from './instructions.ts';
import { Marks } from './marks.ts';
import { FORGETS, IMMEDIATE, IMMEDIATES, OP, POPS, PUSHES } from './opcodes.ts';
import { malformed } from './refusal.ts';
import type { FunctionArity } from './types.ts';
import { CONSTANT, UNKNOWN, Values } from './values.ts';

/**
 * Puts calls of helpers in the place of those stores to memory 0 whose page may not be marked yet, and of its `memory.size` and
 * `memory.grow`. All other instructions are copied as they are.
 *
 * A mark comes right after its store, so only addresses in bounds are marked, and at every call all that was written is marked.
 */
export class Marking {
  readonly #module: CoreModule;
  readonly #instructions: Instructions;
  readonly #output: ByteWriter;
  readonly #helpers: Helpers;
  readonly #control = new Control();
  readonly #values: Values;
  readonly #marks = new Marks(this.#control);
  /** How far the body was copied. */
  #copied = 0;
  #localCount = 0;

  constructor(module: CoreModule, instructions: Instructions, output: ByteWriter, helpers: Helpers) {
    this.#module = module;
    this.#instructions = instructions;
    this.#output = output;
    this.#helpers = helpers;
    this.#values = new Values(this.#control, instructions);
  }

  /** To be called for each assignment of a body before it is rewritten. */
  noteAssignment(): void {
    this.#values.noteAssignment();
  }

  /** Appends the instructions in `[at, end)` to the output. */
  rewrite(at: number, end: number, localCount: number): void {
    const instructions = this.#instructions;
    instructions.enter(at, end);
    this.#copied = at;
    this.#localCount = localCount;
    this.#control.enter();
    this.#values.enter();
    this.#marks.enter();
    while (instructions.at < end) {
      instructions.next();
      this.#step(instructions.code);
      if (this.#control.depth < 0) break;
    }
    if (instructions.at !== end || this.#control.depth >= 0) {
      throw malformed('a function body whose blocks do not match', instructions.start);
    }
    this.#output.copy(instructions.bytes, this.#copied, end);
  }

  #step(code: number): void {
    const values = this.#values;
    if (code >= OP.localGet && code <= OP.localTee) return this.#stepLocal(code);
    if (code === OP.i32Const) return values.push(CONSTANT, this.#instructions.index);
    if (code === OP.i32Add) return values.addOperands(1);
    if (code === OP.i32Sub) return values.addOperands(-1);
    if (code <= OP.tryTable && this.#stepControl(code)) return;
    if (code >= OP.i32Store) {
      if (isStore(code)) return this.#stepStore(code);
      if (code === OP.memorySize || code === OP.memoryGrow) this.#stepSize(code);
      else if (code >= OP.memoryInit && code <= OP.memoryFill) this.#stepBulk(code);
    }
    const pops = POPS[code] as number;
    if (pops === FORGETS) return values.forget();
    values.drop(pops);
    if (PUSHES[code] === 1) values.push(UNKNOWN, 0);
  }

  #stepLocal(code: number): void {
    const local = this.#instructions.index;
    if (local >= this.#localCount) throw malformed(`local ${local}, which is not there,`, this.#instructions.start);
    if (code === OP.localGet) this.#values.pushLocal(local);
    else if (code === OP.localSet) this.#values.popLocal(local);
    else this.#values.teeLocal(local);
  }

  /** Whether `code` was one that begins or ends blocks, or a call. */
  #stepControl(code: number): boolean {
    const instructions = this.#instructions;
    if (code === OP.end) this.#close();
    else if (code === OP.call) this.#call(this.#module.functionTypes[instructions.index]);
    else if (IMMEDIATES[code] === IMMEDIATE.block || code === OP.tryTable) this.#open(code);
    else if (code === OP.callIndirect) {
      this.#values.drop(1);
      this.#call(instructions.index);
    } else if (code === OP.else || code === OP.catch || code === OP.catchAll) this.#nextArm();
    else if (code === OP.delegate) this.#close();
    else return false;
    return true;
  }

  #open(code: number): void {
    if (code === OP.if) this.#values.drop(1);
    const { params, results } = this.#blockArity();
    const values = this.#values;
    // What a loop takes comes from its end too, so nothing is known of it. For other blocks it is not worth a distinction.
    values.drop(params);
    this.#control.open(values.height, params, results);
    values.pushUnknown(params);
    if (code === OP.loop) this.#control.markLoop(this.#instructions.start);
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
    if (arity === undefined)
      throw malformed('a reference to a function type that is not there', this.#instructions.start);
    return arity;
  }

  #stepStore(code: number): void {
    const values = this.#values;
    const instructions = this.#instructions;
    values.drop(storeOperandCount(code) - 1);
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
    if (helper !== undefined) return this.#replaceByCall(helper);
    this.#copyBefore();
    this.#output.byte(OP.i32Const);
    this.#output.s32(instructions.offset);
    this.#replaceByCall(this.#helpers.storeAt(instructions));
  }

  #stepSize(code: number): void {
    if (this.#instructions.index !== 0) return;
    this.#replaceByCall(code === OP.memorySize ? this.#helpers.size() : this.#helpers.grow());
  }

  #stepBulk(code: number): void {
    const { index, index2 } = this.#instructions;
    const target = code === OP.memoryInit ? index2 : index;
    if (code !== OP.dataDrop && target === 0) this.#replaceByCall(this.#helpers.bulk(this.#instructions));
  }

  /** The function takes what the instruction takes and gives what it gives. */
  #replaceByCall(functionIndex: number): void {
    this.#copyBefore();
    this.#output.byte(OP.call);
    this.#output.u32(functionIndex);
    this.#copied = this.#instructions.at;
  }

  /** Copies what there is before the instruction. */
  #copyBefore(): void {
    const { bytes, start } = this.#instructions;
    this.#output.copy(bytes, this.#copied, start);
    this.#copied = start;
  }
}
