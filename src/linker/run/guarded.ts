import type { ByteWriter } from '../../wasm/byte-writer.ts';

/** An instance that can be ended, by what a host function that it calls throws. */
export interface Endable {
  /** Ends it with `error`, unless it has already ended. Returns the error that ended it. */
  end(error: unknown): unknown;
}

/** The type of `note`. Shape: as in the type section. */
export const NOTE_TYPE: readonly number[] = Object.freeze([0x60, 2, 0x6f, 0x6f, 0]);
/** The type of `WebAssembly.JSTag`. */
export const TAG_TYPE: readonly number[] = Object.freeze([0x60, 1, 0x6f, 0]);

/** A function to call, and what else a guard needs from its module. */
export interface Guarded {
  /** The indices of the function to call, and of `note`. */
  readonly callee: number;
  readonly note: number;
  /** Its operands, which are the first locals. */
  readonly operandCount: number;
  /** Shape: the instruction that pushes the caller. */
  readonly getCaller: readonly number[];
  /** Shape: a block type with at most one result. */
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
 * Writes the body of a function that calls another, and traps if that one throws.
 *
 * A guest can catch whatever JavaScript throws, including what another component throws through it, but it cannot catch a WebAssembly trap. So the
 * exceptions of host functions pass through guests only as traps. `note` is called with the exception first. Tag 0 is `WebAssembly.JSTag`.
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

/** Ends the caller. `error` is null if a guest threw it. */
export function noteEnd(error: unknown, caller: Endable): void {
  caller.end(error);
}
