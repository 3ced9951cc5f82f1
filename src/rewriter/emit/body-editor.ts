import type { ByteWriter } from '../../wasm/byte-writer.ts';
import type { CheckEmitter } from './check-emitter.ts';
import type { Instructions } from '../../wasm/instructions.ts';
import { OP } from '../../wasm/opcodes.ts';

/** Copies function bodies, with changes at the instruction read last. */
export class BodyEditor {
  readonly output: ByteWriter;
  readonly #instructions: Instructions;
  /** The start of the body in the output. */
  #start = 0;
  /** How far the body has been copied. */
  #copied = 0;

  constructor(instructions: Instructions, output: ByteWriter) {
    this.#instructions = instructions;
    this.output = output;
  }

  /** Starts the body whose instructions are at `at`. */
  enter(at: number): void {
    this.#start = this.output.length;
    this.#copied = at;
  }

  /** Copies everything before the instruction. */
  copyBefore(): void {
    this.#copyUpTo(this.#instructions.start);
  }

  /** Copies the instruction, and everything before it. */
  copyThrough(): void {
    this.#copyUpTo(this.#instructions.at);
  }

  /** Inserts a call before the instruction. The function replaces the instruction's last operand. */
  callBefore(functionIndex: number): void {
    this.copyBefore();
    this.output.byte(OP.call);
    this.output.u32(functionIndex);
  }

  /** Inserts a check before the instruction. */
  checkBefore(checks: CheckEmitter | undefined): void {
    this.copyBefore();
    checks?.emit(this.output);
  }

  /** Inserts a check after the instruction. */
  checkAfter(checks: CheckEmitter | undefined): void {
    this.copyThrough();
    checks?.emit(this.output);
  }

  /** Replaces the instruction by a call of a function with the same params and results. */
  replaceByCall(functionIndex: number): void {
    this.copyBefore();
    this.output.byte(OP.call);
    this.output.u32(functionIndex);
    this.#copied = this.#instructions.at;
  }

  /** Replaces the instruction by a trap. The code after it may expect anything on the stack. */
  replaceByTrap(): void {
    this.copyBefore();
    this.output.byte(OP.unreachable);
    this.#copied = this.#instructions.at;
  }

  /** Copies the rest, up to `end`; a check from `checks` goes to the start of the body. */
  finish(end: number, checks: CheckEmitter | undefined): void {
    this.#copyUpTo(end);
    checks?.insert(this.output, this.#start);
  }

  #copyUpTo(at: number): void {
    this.output.copy(this.#instructions.bytes, this.#copied, at);
    this.#copied = at;
  }
}
