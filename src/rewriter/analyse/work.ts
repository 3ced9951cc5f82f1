import { ByteReader } from '../../wasm/byte-reader.ts';
import type { Callers } from '../emit/callers.ts';
import type { CoreModule } from '../core-module.ts';
import type { CompileTimes } from './compile-bounds.ts';
import {
  KIND,
  KINDS,
  MAX_COMPILE_MICROS,
  MAX_UNCHECKED_COMPILE_MICROS,
  MAX_UNCHECKED_UNITS,
  MAX_UNITS,
  MAX_UNWINDING_UNITS,
} from './costs.ts';
import type { Instructions } from '../../wasm/instructions.ts';
import { mayFindHost } from './may-find-host.ts';
import { WorkPaths } from './work-paths.ts';

/** Where checks go beside an instruction: flags. */
export const CHECK = Object.freeze({ none: 0, before: 1, after: 2 } as const);

/** What is known of a function: units that a call of it costs at most, or one of these. */
const BEGINS_WITH_CHECK = -1;
const UNKNOWN = -2;

/** Of a call itself. */
const CALL_UNITS = 4;

/** How many bytes are passed at most between two looks, so that no path gets far over its bound in between. */
export const STRIDE = 256;

/**
 * Bounds the work that a module does between two checks, whether it loops or not: by the longest path since the last check, instruction
 * by instruction through each body in turn, the last of the module first, with a check where a path would become too long.
 *
 * What is true of all functions, by induction over their order:
 *
 * 1. Between two checks of one call of a function, or a check and its end, no path costs more than `MAX_UNITS`. What it calls is counted in,
 *    unless that begins with a check.
 * 2. A function that does not begin with a check costs at most `MAX_UNCHECKED_UNITS` until it comes to one or ends. Of those that it calls
 *    without a check each comes later in the module, for one that comes no later, or is found at run time, costs so much by itself.
 *    So no tree of calls, and no circle, is without checks.
 * 3. From where a call returns in which there may have been a check, a function does at most `MAX_UNWINDING_UNITS` until it comes to one,
 *    calls a function that begins with one, or ends.
 * 4. V8 compiles a function when it is first called, which is as true of what has been said in 1 and 2, with `MAX_COMPILE_MICROS` and
 *    `MAX_UNCHECKED_COMPILE_MICROS`. Functions that take long by themselves begin with a check.
 *
 * So what runs without a check is: the rest of the function with the last check; of each of its callers that it returns to what comes
 * after the call; and in one of these what it does and calls up to the next check. That is `2 * MAX_UNITS` and `MAX_UNWINDING_UNITS` for each
 * function on the stack. An instruction whose operands say how long it takes, and a function of the host, comes on top, but only one: a check follows.
 */
export class Work {
  readonly #callers: Callers;
  readonly #importedCount: number;
  /** What the host calls, which may do so many times in a row. */
  readonly #entries: ReadonlySet<number>;
  /** Whether a function that is found at run time may be the host's. */
  readonly #isOpen: boolean;
  readonly #known: Int32Array;
  readonly #times: CompileTimes | undefined;
  /** What it takes to compile a function that does not begin with a check, with what it calls, in microseconds. */
  readonly #micros: Uint16Array;
  readonly #paths = new WorkPaths();
  #index = 0;
  /** How far the body is counted. */
  #at = 0;
  /** Of what is not counted yet, beside its bytes. */
  #weight = 0;
  /** The longest path since the function began or a check, at its longest. */
  #peak = 0;
  /** The most that a path takes of compiling. */
  #compilePeak = 0;
  /** Whether what is thrown here may end the function as a return does. */
  #isLeftByThrowing = false;

  /** Without `times` it is not known how long functions take to compile. */
  constructor(module: CoreModule, callers: Callers, times: CompileTimes | undefined) {
    this.#callers = callers;
    this.#importedCount = module.importedFunctionCount;
    this.#entries = entriesOf(module);
    this.#isOpen = mayFindHost(module);
    this.#known = new Int32Array(module.functionTypes.length).fill(UNKNOWN);
    this.#times = times;
    this.#micros = new Uint16Array(module.functionTypes.length);
  }

  /** Begins with the body of function `index`, whose instructions are at `at`. */
  enter(index: number, at: number): void {
    this.#index = index;
    this.#at = at;
    this.#weight = 0;
    this.#peak = 0;
    this.#compilePeak = 0;
    this.#isLeftByThrowing = false;
    this.#paths.enter();
  }

  /** Adds what the instruction that is passed costs beyond its bytes. */
  weigh(units: number): void {
    this.#weight += units;
  }

  /** Ends the body. Gives whether it is to begin with a check. */
  leave(): boolean {
    const micros = this.#compilePeak + (this.#times?.micros[this.#index - this.#importedCount] ?? 0);
    const isLong = this.#peak > MAX_UNCHECKED_UNITS || micros > MAX_UNCHECKED_COMPILE_MICROS;
    const begins = isLong || this.#isCostly || this.#entries.has(this.#index);
    this.#known[this.#index] = begins ? BEGINS_WITH_CHECK : this.#peak + CALL_UNITS;
    this.#micros[this.#index] = begins ? 0 : micros;
    return begins;
  }

  get #isCostly(): boolean {
    return this.#times?.costly[this.#index - this.#importedCount] === 1;
  }

  /** Whether a check has to come right after what was passed up to `at`: asked now and then where nothing else is. */
  look(at: number): boolean {
    this.#count(at);
    const isTooLong = this.#isTooLong(0);
    if (isTooLong) this.#paths.check();
    return isTooLong;
  }

  /** Follows the control instruction just read. Gives where checks have to be beside it. */
  step(instructions: Instructions): number {
    this.#count(instructions.at);
    const kind = KINDS[instructions.code] as number;
    if (kind >= KIND.call) return this.#call(instructions, kind);
    let where: number = CHECK.none;
    if (this.#isTooLong(0) || (this.#paths.unwinding > MAX_UNWINDING_UNITS && this.#mayLeave(instructions, kind))) {
      this.#paths.check();
      where = CHECK.before;
    }
    return where | this.#follow(instructions, kind);
  }

  #follow(instructions: Instructions, kind: number): number {
    const paths = this.#paths;
    switch (kind) {
      case KIND.block:
        paths.openBlock();
        break;
      case KIND.if:
        paths.openIf();
        break;
      case KIND.loop:
        paths.openLoop();
        return CHECK.after;
      case KIND.tryTable:
        this.#openTryTable(instructions);
        break;
      case KIND.arm:
        paths.nextArm();
        break;
      case KIND.catchArm:
        paths.catchArm();
        return CHECK.after;
      case KIND.end:
        return paths.close() ? CHECK.after : CHECK.none;
      default:
        this.#branch(instructions, kind);
    }
    return CHECK.none;
  }

  /** The labels of clauses are counted from outside of the block. */
  #openTryTable(instructions: Instructions): void {
    const clauses = new ByteReader(instructions.bytes, instructions.listAt, instructions.at);
    for (let rest = instructions.index; rest > 0; rest--) {
      if (clauses.byte() < FIRST_CATCH_ALL) clauses.u32();
      if (!this.#paths.expectThrown(clauses.u32())) this.#isLeftByThrowing = true;
    }
    this.#paths.openBlock();
  }

  #branch(instructions: Instructions, kind: number): void {
    const paths = this.#paths;
    if (kind === KIND.branch || kind === KIND.branchIf) paths.branch(instructions.index);
    else if (kind === KIND.branchTable) this.#branchToAll(instructions);
    if (kind !== KIND.branchIf) paths.stop();
  }

  #branchToAll({ bytes, listAt, at }: Instructions): void {
    const paths = this.#paths;
    for (let next = listAt; next < at;) {
      let label = bytes[next++] as number;
      // Nearly always one byte.
      if (label >= 0x80) {
        const reader = new ByteReader(bytes, next - 1, at);
        label = reader.u32();
        next = reader.at;
      }
      paths.branch(label);
    }
  }

  /** Follows a `br_if` that is passed up to `at`. Gives whether a check has to come before it: nothing has been followed then. */
  branchIf(at: number, label: number): boolean {
    const paths = this.#paths;
    this.#count(at);
    if (this.#isTooLong(0) || (paths.unwinding > MAX_UNWINDING_UNITS && label === paths.depth)) return true;
    paths.branch(label);
    return false;
  }

  /** Whether the function may end by the instruction. */
  #mayLeave(instructions: Instructions, kind: number): boolean {
    const outermost = this.#paths.depth;
    switch (kind) {
      case KIND.end:
        return outermost === 0;
      case KIND.return:
        return true;
      case KIND.throw:
        return this.#isLeftByThrowing;
      case KIND.branch:
      case KIND.branchIf:
        return instructions.index === outermost;
      case KIND.branchTable:
        return labelsOf(instructions).includes(outermost);
      default:
        return false;
    }
  }

  /** What takes time beyond its bytes: a call, or an instruction whose operands say how long it takes. */
  #call(instructions: Instructions, kind: number): number {
    const paths = this.#paths;
    const isTail = kind === KIND.returnCall || kind === KIND.returnCallIndirect;
    const units = this.#unitsOf(instructions, kind);
    const micros = this.#microsOf(instructions, { kind, units });
    const isLong = this.#isTooLong(Math.max(units, 0)) || this.#takesTooLong(micros);
    const leaves = (isTail || this.#isLeftByThrowing) && paths.unwinding + units > MAX_UNWINDING_UNITS;
    if (isLong || leaves) paths.check();
    const where = isLong || leaves ? CHECK.before : CHECK.none;
    if (units === BEGINS_WITH_CHECK) paths.callChecked();
    else this.#follows(units, micros);
    if (isTail) paths.stop();
    else if (this.#mayTakeLong(instructions, kind)) {
      paths.check();
      return where | CHECK.after;
    }
    return where;
  }

  #follows(units: number, micros: number): void {
    this.#paths.call(units, micros);
    if (this.#paths.compiling > this.#compilePeak) this.#compilePeak = this.#paths.compiling;
  }

  /** What V8 takes to compile what is called, should it be for the first time. That of the host is compiled. */
  #microsOf({ index }: Instructions, { kind, units }: { kind: number; units: number }): number {
    if (this.#times === undefined || kind === KIND.unbounded || units === BEGINS_WITH_CHECK) return 0;
    if (kind !== KIND.call && kind !== KIND.returnCall) return MAX_UNCHECKED_COMPILE_MICROS;
    if (index < this.#importedCount) return 0;
    return this.#known[index] === UNKNOWN ? MAX_UNCHECKED_COMPILE_MICROS : (this.#micros[index] as number);
  }

  #takesTooLong(micros: number): boolean {
    return this.#paths.compiling + micros > MAX_COMPILE_MICROS;
  }

  /** What a call costs before the check that may follow it, or that the function begins with one. */
  #unitsOf({ index }: Instructions, kind: number): number {
    if (kind === KIND.unbounded) return 0;
    if (kind !== KIND.call && kind !== KIND.returnCall) return MAX_UNCHECKED_UNITS;
    // A function of the host calls nothing of this module's in a circle without a check, for one follows each call.
    if (kind === KIND.call && this.#callers.takesCaller(index)) return 0;
    const known = this.#known[index] as number;
    return known === UNKNOWN ? MAX_UNCHECKED_UNITS : known;
  }

  /** Whether it may take as long as it likes, as functions of the host do. */
  #mayTakeLong({ index }: Instructions, kind: number): boolean {
    if (kind === KIND.call) return index < this.#importedCount;
    return kind === KIND.unbounded || this.#isOpen;
  }

  #count(at: number): void {
    this.#paths.pass(at - this.#at + this.#weight);
    this.#at = at;
    this.#weight = 0;
  }

  #isTooLong(units: number): boolean {
    const length = this.#paths.length + units;
    if (length > this.#peak) this.#peak = length;
    return length > MAX_UNITS;
  }
}

function entriesOf({ exported, startFunction }: CoreModule): ReadonlySet<number> {
  return startFunction === undefined ? exported.functions : new Set([...exported.functions, startFunction]);
}

/** In a `try_table`: clauses of kinds below it name a tag. */
const FIRST_CATCH_ALL = 2;

function labelsOf({ bytes, listAt, at, index }: Instructions): number[] {
  const labels = new ByteReader(bytes, listAt, at);
  return Array.from({ length: index + 1 }, () => labels.u32());
}
