import { ByteWriter } from '../../wasm/byte-writer.ts';
import { OP } from '../../wasm/opcodes.ts';

/** Where a module finds what interrupts it. */
export type Interruption = {
  /** Index of the imported memory whose first word says that somebody wants the thread. */
  readonly memory: number;
  /** Index of the function that is called then. */
  readonly func: number;
};

/** A memory index follows; aligned to four bytes. */
const WORD_FLAGS = 0x42;
const VOID = 0x40;

/**
 * Instructions that look whether somebody else wants the thread, put where a guest that runs without end comes by again and again: at
 * the head of each loop, and where functions begin that may call themselves, directly or not.
 *
 * They neither take nor leave operands. The function that they call may suspend the guest, or tell it to trap, which no guest can catch.
 */
export class CheckEmitter {
  readonly #bytes: Uint8Array;
  /** Where in these the `if` is. */
  readonly #branch: number;

  constructor({ memory, func }: Interruption) {
    const output = new ByteWriter(16);
    output.append([OP.i32Const, 0, OP.i32Load, WORD_FLAGS]);
    output.u32(memory);
    output.byte(0);
    this.#branch = output.length;
    output.append([OP.if, VOID, OP.call]);
    output.u32(func);
    output.byte(OP.end);
    this.#bytes = output.written().slice();
  }

  emit(output: ByteWriter): void {
    output.unlikely(output.length + this.#branch);
    output.append(this.#bytes);
  }

  /** Writes a check into what has been written already. */
  insert(output: ByteWriter, at: number): void {
    output.insert(at, this.#bytes);
    output.unlikely(at + this.#branch);
  }
}
