import type { ByteWriter } from '../../wasm/byte-writer.ts';
import type { CheckEmitter } from './check-emitter.ts';
import type { Instructions } from '../../wasm/instructions.ts';
import { OP } from '../../wasm/opcodes.ts';

/** Copies function bodies, with changes at the instruction that was read last. */
export class BodyEditor {
  readonly output: ByteWriter;
  readonly #instructions: Instructions;
  /** Where the body begins in the output. */
  #start = 0;
  /** How far the body was copied. */
  #copied = 0;

  constructor(instructions: Instructions, output: ByteWriter) {
    this.#instructions = instructions;
    this.output = output;
  }

  /** Begins with the body whose instructions are at `at`. */
  enter(at: number): void {
    this.#start = this.output.length;
    this.#copied = at;
  }

  /** Copies what there is before the instruction. */
  copyBefore(): void {
    this.#copyUpTo(this.#instructions.start);
  }

  /** Copies the instruction, and what there is before it. */
  copyThrough(): void {
    this.#copyUpTo(this.#instructions.at);
  }

  /** Puts a call before the instruction. The function takes the instruction's last operand and gives another in its place. */
  callBefore(functionIndex: number): void {
    this.copyBefore();
    this.output.byte(OP.call);
    this.output.u32(functionIndex);
  }

  /** Puts a check before the instruction. */
  checkBefore(checks: CheckEmitter | undefined): void {
    this.copyBefore();
    checks?.emit(this.output);
  }

  /** Puts a check after the instruction. */
  checkAfter(checks: CheckEmitter | undefined): void {
    this.copyThrough();
    checks?.emit(this.output);
  }

  /** The function takes what the instruction takes and gives what it gives. */
  replaceByCall(functionIndex: number): void {
    this.copyBefore();
    this.output.byte(OP.call);
    this.output.u32(functionIndex);
    this.#copied = this.#instructions.at;
  }

  /** What comes after may expect anything on the stack. */
  replaceByTrap(): void {
    this.copyBefore();
    this.output.byte(OP.unreachable);
    this.#copied = this.#instructions.at;
  }

  /** Copies the rest, up to `end`; `checks` go where the body begins. */
  finish(end: number, checks: CheckEmitter | undefined): void {
    this.#copyUpTo(end);
    checks?.insert(this.output, this.#start);
  }

  #copyUpTo(at: number): void {
    this.output.copy(this.#instructions.bytes, this.#copied, at);
    this.#copied = at;
  }
}
