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

/** Flags for where checks go around an instruction. */
export const CHECK = Object.freeze({ none: 0, before: 1, after: 2 } as const);

/** What is known about a function: the most units that a call of it costs, or one of these. */
const BEGINS_WITH_CHECK = -1;
const UNKNOWN = -2;

/** The cost of a call itself. */
const CALL_UNITS = 4;

/** The most bytes between two calls of `needsCheck`, so that no path gets far beyond its bound in between. */
export const STRIDE = 256;

/**
 * Bounds the work that a module does between two checks, with or without loops: it follows the longest path since the last check, instruction by
 * instruction through each body, the last of the module first, and adds a check where a path would become too long.
 *
 * The following holds for all functions, by induction over their order:
 *
 * 1. Between two checks of one call of a function, or between a check and its end, no path costs more than `MAX_UNITS`. This includes its callees, except
 *    those that begin with a check.
 * 2. A function that does not begin with a check costs at most `MAX_UNCHECKED_UNITS` until it reaches one or ends. The functions that it calls without a
 *    check come later in the module, since one that does not, or is called indirectly, already costs that much. So no tree or cycle of calls is without
 *    checks.
 * 3. After a call that may have contained a check, a function does at most `MAX_UNWINDING_UNITS` until it reaches a check, calls a function that begins with
 *    one, or ends.
 * 4. V8 compiles a function when it is first called. The time for that is bounded as in 1 and 2, by `MAX_COMPILE_MICROS` and
 *    `MAX_UNCHECKED_COMPILE_MICROS`. Functions that take long on their own begin with a check.
 *
 * So the code that runs without a check is: the rest of the function with the last check; in each caller to which it returns, what follows the call; and in
 * one of these, what it does and calls up to the next check. That is `2 * MAX_UNITS`, plus `MAX_UNWINDING_UNITS` for each function on the stack. At most one
 * instruction whose time depends on its operands, or one host function, comes on top, because a check follows each.
 */
export class Work {
  readonly #callers: Callers;
  readonly #importedCount: number;
  /** The functions that the host calls, possibly many times in a row. */
  readonly #entries: ReadonlySet<number>;
  /** Whether an indirect call may reach a host function. */
  readonly #isOpen: boolean;
  readonly #known: Int32Array;
  readonly #times: CompileTimes | undefined;
  /** The microseconds for compiling a function that does not begin with a check, with its callees. */
  readonly #micros: Uint16Array;
  readonly #paths = new WorkPaths();
  #index = 0;
  /** How far the body has been counted. */
  #at = 0;
  /** The units of what is not counted yet, besides its bytes. */
  #weight = 0;
  /** The maximum of the longest path since the function's start or a check. */
  #peak = 0;
  /** The maximum of a path's compile time. */
  #compilePeak = 0;
  /** Whether an exception here may end the function, like a return. */
  #isLeftByThrowing = false;

  /** Without `times`, the time for compiling functions is unknown. */
  constructor(module: CoreModule, callers: Callers, times: CompileTimes | undefined) {
    this.#callers = callers;
    this.#importedCount = module.importedFunctionCount;
    this.#entries = entriesOf(module);
    this.#isOpen = mayFindHost(module);
    this.#known = new Int32Array(module.functionTypes.length).fill(UNKNOWN);
    this.#times = times;
    this.#micros = new Uint16Array(module.functionTypes.length);
  }

  /** Starts the body of function `index`, whose instructions are at `at`. */
  enter(index: number, at: number): void {
    this.#index = index;
    this.#at = at;
    this.#weight = 0;
    this.#peak = 0;
    this.#compilePeak = 0;
    this.#isLeftByThrowing = false;
    this.#paths.enter();
  }

  /** Adds the cost of the current instruction, besides its bytes. */
  weigh(units: number): void {
    this.#weight += units;
  }

  /** Ends the body. Returns whether it must begin with a check. */
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

  /** Whether a check must follow the code up to `at`. Called from time to time, in code without control instructions. */
  needsCheck(at: number): boolean {
    this.#count(at);
    const isTooLong = this.#isTooLong(0);
    if (isTooLong) this.#paths.check();
    return isTooLong;
  }

  /** Follows the control instruction just read. Returns where checks must go around it. */
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

  /** The labels of clauses are counted from outside the block. */
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
      // Nearly always a single byte.
      if (label >= 0x80) {
        const reader = new ByteReader(bytes, next - 1, at);
        label = reader.u32();
        next = reader.at;
      }
      paths.branch(label);
    }
  }

  /** Follows a `br_if` that ends at `at`. Returns whether a check must come before it; if so, it has not been followed. */
  branchIf(at: number, label: number): boolean {
    const paths = this.#paths;
    this.#count(at);
    if (this.#isTooLong(0) || (paths.unwinding > MAX_UNWINDING_UNITS && label === paths.depth)) return true;
    paths.branch(label);
    return false;
  }

  /** Whether the instruction may end the function. */
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

  /** Handles a call, or an instruction whose time depends on its operands. */
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

  /** The time for V8 to compile the callee, if this is its first call. Host functions are already compiled. */
  #microsOf({ index }: Instructions, { kind, units }: { kind: number; units: number }): number {
    if (this.#times === undefined || kind === KIND.unbounded || units === BEGINS_WITH_CHECK) return 0;
    if (kind !== KIND.call && kind !== KIND.returnCall) return MAX_UNCHECKED_COMPILE_MICROS;
    if (index < this.#importedCount) return 0;
    return this.#known[index] === UNKNOWN ? MAX_UNCHECKED_COMPILE_MICROS : (this.#micros[index] as number);
  }

  #takesTooLong(micros: number): boolean {
    return this.#paths.compiling + micros > MAX_COMPILE_MICROS;
  }

  /** The cost of a call up to the check that follows it, or with which the callee begins. */
  #unitsOf({ index }: Instructions, kind: number): number {
    if (kind === KIND.unbounded) return 0;
    if (kind !== KIND.call && kind !== KIND.returnCall) return MAX_UNCHECKED_UNITS;
    // A host function cannot form a cycle without checks with functions of this module, because a check follows each call.
    if (kind === KIND.call && this.#callers.takesCaller(index)) return 0;
    const known = this.#known[index] as number;
    return known === UNKNOWN ? MAX_UNCHECKED_UNITS : known;
  }

  /** Whether the callee may take arbitrarily long, like host functions. */
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

/** In a `try_table`, clauses of kinds below this name a tag. */
const FIRST_CATCH_ALL = 2;

function labelsOf({ bytes, listAt, at, index }: Instructions): number[] {
  const labels = new ByteReader(bytes, listAt, at);
  return Array.from({ length: index + 1 }, () => labels.u32());
}
