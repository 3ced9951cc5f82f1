import type { ByteWriter } from '../../wasm/byte-writer.ts';

/** The instance that calls a function of the host: what the function throws ends it. */
export interface Mortal {
  /** Ends it by `error`, if nothing has before; returns what it ended by. */
  end(error: unknown): unknown;
}

/** The type of `note`. Shape: as in the type section. */
export const NOTE_TYPE: readonly number[] = Object.freeze([0x60, 2, 0x6f, 0x6f, 0]);
/** The type of `WebAssembly.JSTag`. */
export const TAG_TYPE: readonly number[] = Object.freeze([0x60, 1, 0x6f, 0]);

/** A function to call, and what a guard needs of its module beside. */
export interface Guarded {
  /** Indices of the function that is called, and of `note`. */
  readonly callee: number;
  readonly note: number;
  /** Its operands are the first locals. */
  readonly operandCount: number;
  /** Shape: the instruction that gives the caller. */
  readonly getCaller: readonly number[];
  /** Shape: a block type, of one result or none. */
  readonly blockType: number;
}

const OP = Object.freeze({
  unreachable: 0x00,
  block: 0x02,
  end: 0x0b,
  return: 0x0f,
  call: 0x10,
  tryTable: 0x1f,
  localGet: 0x20,
  refNull: 0xd0,
} as const);
const VOID = 0x40;
const EXTERNREF = 0x6f;
const CATCH = 0;
const CATCH_ALL = 2;

/**
 * Writes the body of a function that calls another and traps if that throws.
 *
 * A guest can catch whatever JavaScript throws, also what another component does through it, but no trap of WebAssembly's. So nothing that a
 * function of the host ends by goes through a guest in any other form. What was thrown is told to `note` first. Tag 0 is `WebAssembly.JSTag`.
 *
 * Shape: `(block $thrown (result externref) (block $other (try_table (result …) (catch 0 $thrown) (catch_all $other) … (call callee)) return)
 * (ref.null extern)) caller (call note) unreachable`.
 */
export function writeGuarded(output: ByteWriter, { callee, note, operandCount, getCaller, blockType }: Guarded): void {
  output.append([0, OP.block, EXTERNREF, OP.block, VOID]);
  output.append([OP.tryTable, blockType, 2, CATCH, 0, 1, CATCH_ALL, 0]);
  for (let local = 0; local < operandCount; local += 1) output.append([OP.localGet, local]);
  output.byte(OP.call);
  output.u32(callee);
  output.append([OP.end, OP.return, OP.end, OP.refNull, EXTERNREF, OP.end]);
  output.append([...getCaller, OP.call]);
  output.u32(note);
  output.append([OP.unreachable, OP.end]);
}

/** Ends the caller. What a guest threw is null here. */
export function noteEnd(error: unknown, caller: Mortal): void {
  caller.end(error);
}
