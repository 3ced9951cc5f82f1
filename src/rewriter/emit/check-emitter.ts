import { ByteWriter } from '../../wasm/byte-writer.ts';
import { OP } from '../../wasm/opcodes.ts';

/** How a module is interrupted. */
export type Interruption = {
  /** The index of the imported memory whose first word tells the guest to yield the thread. */
  readonly memory: number;
  /** The index of the function to call then. */
  readonly func: number;
};

/** The flags of a memory argument: a memory index follows, aligned to four bytes. */
const WORD_FLAGS = 0x42;
const VOID = 0x40;

/**
 * Emits checks for whether the guest must yield the thread, at places that a guest which runs forever passes repeatedly: at the head of each loop, and at
 * the start of functions that may call themselves, directly or not.
 *
 * A check neither pops nor pushes operands. The function that it calls may suspend the guest, or make it trap, which guests cannot catch.
 */
export class CheckEmitter {
  readonly #bytes: Uint8Array;
  /** The offset of the `if` in the instructions. */
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

  /** Inserts a check into what has already been written. */
  insert(output: ByteWriter, at: number): void {
    output.insert(at, this.#bytes);
    output.unlikely(at + this.#branch);
  }
}
