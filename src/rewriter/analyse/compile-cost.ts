import { ByteReader } from '../../wasm/byte-reader.ts';
import { BLOCK_STARTS, CLASSES, isCall, ITEM, ITEM_WEIGHTS, type Weight } from './item-weights.ts';
import type { CoreModule } from '../core-module.ts';
import { EMPTY_BLOCK, Instructions, VALUE_BLOCK } from '../../wasm/instructions.ts';
import { Labels } from './labels.ts';
import { FORGETS, OP, POPS, PUSHES } from '../../wasm/opcodes.ts';
import { FORM, formOf, WITH_INDEX } from '../../wasm/short-forms.ts';
import type { FunctionArity } from '../../wasm/types.ts';

/** The properties of a function that make compiling it expensive, and an estimate of what V8 takes: an upper bound, mostly far above the real cost. */
export interface FunctionShape extends Weight {
  readonly byteLength: number;
  /** The number of locals, including params. */
  readonly locals: number;
  /** An upper bound on the height of its operand stack. */
  readonly operands: number;
  readonly blocks: number;
  /** The number of branches, counting each target of a `br_table`. */
  readonly branches: number;
  readonly calls: number;
}

/**
 * By opcode: everything that matters about an instruction if its short form is skipped without `Instructions`; otherwise 0.
 *
 * Shape: two bits for the immediates (`FORM`), three for the number of operands popped, one for the number pushed, and its item from bit 8 on.
 */
const STEPS = Uint16Array.from({ length: 0x100 }, (_, code) => {
  const form = formOf(code);
  const pops = POPS[code] as number;
  if (form === FORM.other || pops === FORGETS || code === OP.brIf) return 0;
  return form | (pops << 2) | ((PUSHES[code] as number) << 5) | ((CLASSES[code] as number) << 8);
});

const NO_VALUES: FunctionArity = Object.freeze({ params: 0, results: 0 });
const ONE_VALUE: FunctionArity = Object.freeze({ params: 0, results: 1 });

/**
 * Estimates the cost for V8 of compiling a function, in one pass over its instructions.
 *
 * The cost depends on more than the number of bytes: at each block and branch V8 visits all locals and operands, and the params and results of calls and
 * blocks are moved one by one, for calls in time quadratic in their number.
 */
export class CompileCost {
  readonly #module: CoreModule;
  readonly #instructions: Instructions;
  readonly #labels = new Labels();
  readonly #mostThrown: number;
  /** The count of each item, by the item's number. */
  readonly #counts = new Float64Array(ITEM_WEIGHTS.length);
  #locals = 0;
  #height = 0;
  #highest = 0;
  #blocks = 0;
  #branches = 0;
  #calls = 0;

  constructor(module: CoreModule) {
    this.#module = module;
    this.#instructions = new Instructions(module.bytes);
    this.#mostThrown = module.tags.reduce((most, type) => Math.max(most, this.#arityOf(type).params), 0);
  }

  /** The shape of a function with the instructions in `[at, end)` and this many locals and results. Throws `HostError` if they are malformed. */
  shapeOf(at: number, end: number, { locals, results }: { locals: number; results: number }): FunctionShape {
    this.#instructions.enter(at, end);
    this.#enter(locals, results);
    const assignments = this.#walk(at, end);
    this.#add(ITEM.valueAtAssignment, (locals + this.#highest) * assignments);
    return {
      byteLength: end - at,
      locals,
      operands: this.#highest,
      blocks: this.#blocks,
      branches: this.#branches,
      calls: this.#calls,
      ...this.#weigh(),
    };
  }

  #weigh(): Weight {
    let ns = 0;
    let bytes = 0;
    let code = 0;
    for (let item = 0; item < this.#counts.length; item++) {
      const count = this.#counts[item] as number;
      const weight = ITEM_WEIGHTS[item] as Weight;
      ns += count * weight.ns;
      bytes += count * weight.bytes;
      code += count * weight.code;
    }
    return { ns: Math.round(ns), bytes: Math.round(bytes), code };
  }

  #enter(locals: number, results: number): void {
    this.#labels.enter(results);
    this.#counts.fill(0);
    this.#locals = locals;
    this.#height = 0;
    this.#highest = 0;
    this.#blocks = 0;
    this.#branches = 0;
    this.#calls = 0;
    this.#add(ITEM.local, locals);
  }

  /** Skips frequent instructions with a table, because most of the time is spent here. Returns how often a local is assigned. */
  #walk(at: number, end: number): number {
    const { bytes } = this.#instructions;
    const counts = this.#counts;
    let assignments = 0;
    for (let next = at; next < end;) {
      const code = bytes[next] as number;
      const step = STEPS[code] as number;
      if (code === OP.localSet || code === OP.localTee) assignments++;
      if (step === 0 || ((step & 3) === FORM.memory && (bytes[next + 1] as number) >= WITH_INDEX)) {
        next = this.#step(next);
        continue;
      }
      next += (step & 3) === FORM.memory ? 2 : 1;
      if ((step & 3) !== FORM.plain) while ((bytes[next++] as number) >= 0x80);
      counts[step >> 8] = (counts[step >> 8] as number) + 1;
      this.#exchange((step >> 2) & 7, (step >> 5) & 1);
    }
    return assignments;
  }

  #add(item: number, count: number): void {
    this.#counts[item] = (this.#counts[item] as number) + count;
  }

  /** Processes an instruction whose immediates matter. Returns its end. */
  #step(start: number): number {
    const instructions = this.#instructions;
    instructions.at = start;
    instructions.next();
    const { code } = instructions;
    this.#add(CLASSES[code] as number, 1);
    if (POPS[code] === FORGETS) this.#stepControl(code);
    else {
      if (code === OP.structNewDefault) this.#add(ITEM.field, this.#fields());
      this.#exchange(POPS[code] as number, PUSHES[code] as number);
      if (code === OP.brIf) this.#branch(instructions.index);
    }
    return instructions.at;
  }

  /** Handles instructions that begin, end or leave blocks, or whose operands depend on a type. */
  #stepControl(code: number): void {
    const { index, index2 } = this.#instructions;
    if (isCall(code)) return this.#call(code);
    if (BLOCK_STARTS[code] !== 0) return this.#open(code);
    switch (code) {
      case OP.end:
      case OP.delegate:
        return this.#close();
      case OP.else:
      case OP.catch:
      case OP.catchAll:
        return this.#nextArm(code);
      case OP.structNew:
        return this.#make(this.#fields());
      case OP.arrayNewFixed:
        return this.#make(index2);
      case OP.brOnNull:
      case OP.brOnNonNull:
      case OP.brOnCast:
      case OP.brOnCastFail:
        return this.#branch(index);
      default:
        return this.#leave(code);
    }
  }

  /** Handles instructions after which the next one is unreachable. */
  #leave(code: number): void {
    const { index } = this.#instructions;
    if (code === OP.br) this.#branch(index);
    else if (code === OP.return) this.#branch(this.#labels.depth);
    else if (code === OP.throw) this.#add(ITEM.operandOfThrow, this.#arityOf(this.#module.tags[index]).params);
    else if (code === OP.brTable) this.#branchTable(index + 1);
    this.#height = this.#labels.base;
  }

  #branch(label: number): void {
    this.#branches += 1;
    this.#add(ITEM.valueAtBranch, this.#locals + this.#height);
    this.#add(ITEM.operandOfBranch, this.#labels.valuesAt(label));
  }

  /** Branches to all labels carry as many values as those to the first. */
  #branchTable(targets: number): void {
    const { bytes, listAt, at } = this.#instructions;
    const label = new ByteReader(bytes, listAt, at).u32();
    this.#branches += targets;
    this.#add(ITEM.valueAtBranch, targets * (this.#locals + this.#height));
    this.#add(ITEM.operandOfBranch, targets * this.#labels.valuesAt(label));
    this.#add(ITEM.target, targets);
  }

  #open(code: number): void {
    const { index, start } = this.#instructions;
    const arity = this.#blockArity();
    this.#exchange(code === OP.if ? arity.params + 1 : arity.params, 0);
    this.#labels.open(this.#height, arity, code === OP.loop ? start : -1);
    this.#exchange(0, arity.params);
    this.#blocks += 1;
    this.#add(ITEM.operandOfBlock, arity.params + arity.results);
    this.#add(ITEM.valueAtBlock, (BLOCK_STARTS[code] as number) * (this.#locals + this.#height));
    if (code === OP.tryTable) this.#catch(index);
  }

  #catch(clauses: number): void {
    this.#branches += clauses;
    this.#add(ITEM.valueAtBlock, clauses * (this.#locals + this.#height));
    this.#add(ITEM.operandOfBranch, clauses * this.#mostThrown);
    this.#add(ITEM.clause, clauses);
  }

  #nextArm(code: number): void {
    const labels = this.#labels;
    this.#height = labels.base;
    const values = code === OP.else ? labels.params : code === OP.catch ? this.#mostThrown : 0;
    this.#exchange(0, values);
    this.#add(ITEM.operandOfBlock, values);
    this.#add(ITEM.valueAtBlock, this.#locals + this.#height);
  }

  #close(): void {
    const labels = this.#labels;
    if (labels.loop !== -1) this.#add(ITEM.loopByte, this.#instructions.at - labels.loop);
    this.#height = labels.base;
    this.#exchange(0, labels.close());
  }

  #call(code: number): void {
    const { index } = this.#instructions;
    const isDirect = code === OP.call || code === OP.returnCall;
    const { params, results } = this.#arityOf(isDirect ? this.#module.functionTypes[index] : index);
    const values = params + results;
    this.#calls += 1;
    this.#add(isDirect ? ITEM.operandOfCall : ITEM.operandOfIndirectCall, values);
    this.#add(ITEM.operandOfCallSquared, values * values);
    this.#add(ITEM.valueAtCall, this.#locals + this.#height);
    // For an indirect call, the function is an operand itself.
    this.#exchange(isDirect ? params : params + 1, results);
  }

  #make(values: number): void {
    this.#add(ITEM.field, values);
    this.#exchange(values, 1);
  }

  #exchange(pops: number, pushes: number): void {
    const left = this.#height - pops;
    const { base } = this.#labels;
    const height = (left > base ? left : base) + pushes;
    this.#height = height;
    if (height > this.#highest) this.#highest = height;
  }

  #blockArity(): FunctionArity {
    const { blockType } = this.#instructions;
    if (blockType === EMPTY_BLOCK) return NO_VALUES;
    return blockType === VALUE_BLOCK ? ONE_VALUE : this.#arityOf(blockType);
  }

  #arityOf(type: number | undefined): FunctionArity {
    return this.#module.types[type ?? -1] ?? NO_VALUES;
  }

  #fields(): number {
    return this.#module.fieldCounts[this.#instructions.index] ?? 0;
  }
}
