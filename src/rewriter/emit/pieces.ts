import type { ByteWriter } from '../../wasm/byte-writer.ts';
import type { CheckEmitter } from './check-emitter.ts';
import { LOCAL_0, LOCAL_1, LOCAL_2 } from './emit.ts';
import type { Instructions } from '../../wasm/instructions.ts';
import { OP } from '../../wasm/opcodes.ts';

/**
 * How much may be written between two checks. In bytes: the page faults of a piece take about a millisecond. In table elements: V8 takes a microsecond for a
 * function that is put into a table for the first time.
 */
const BYTES = Object.freeze({ piece: 1024 * 1024, short: 4096 } as const);
const ELEMENTS = Object.freeze({ piece: 8192, short: 32 } as const);

const VOID = 0x40;
const RETURN = 0x0f;
const BRANCH_IF = 0x0d;
const I32_GT_U = 0x4b;
const I32_LE_U = 0x4d;
const I32_AND = 0x71;
const I32_XOR = 0x73;
const MINUS_ONE: readonly number[] = Object.freeze([OP.i32Const, 0x7f]);

/** Whether an instruction is done in pieces: all of these take three i32, the last of which is the length. */
export function isDoneInPieces(code: number): boolean {
  return isTableBulk(code) || code === OP.memoryInit || code === OP.memoryCopy || code === OP.memoryFill;
}

/** Does not include `table.fill`, which takes a reference. */
function isTableBulk(code: number): boolean {
  return code === OP.tableInit || code === OP.tableCopy;
}

/** The function that performs a bulk instruction. Its params are the instruction's operands. */
export type BulkFunction = { readonly instructions: Instructions; readonly index: number };

/** Emits code that passes a long operation to another function with the same params. */
export function emitPassLong(body: ByteWriter, { instructions, index }: BulkFunction): void {
  emitIsLongerThan(body, (isTableBulk(instructions.code) ? ELEMENTS : BYTES).short);
  body.unlikely();
  body.append([OP.if, VOID, ...LOCAL_0, ...LOCAL_1, ...LOCAL_2, OP.call]);
  body.u32(index);
  body.append([RETURN, OP.end]);
}

/**
 * Emits code that performs a long operation in pieces, each with a call of `bulk`, except for the last, which it leaves in the params.
 *
 * If the end of a range is out of bounds, the first piece traps, or the params are left unchanged, so that nothing is written before the trap.
 */
export function emitPieces(body: ByteWriter, bulk: BulkFunction, checks: CheckEmitter): void {
  emitHasEnds(body, bulk);
  emitIsLongerThan(body, pieceOf(bulk));
  body.append([I32_AND, OP.if, VOID]);
  if (bulk.instructions.code === OP.memoryCopy || bulk.instructions.code === OP.tableCopy)
    emitCopyPieces(body, bulk, checks);
  else emitPiecesFromEnd(body, bulk, checks);
  body.byte(OP.end);
}

/** Copies in the direction in which no piece overwrites another that has not been read yet. */
function emitCopyPieces(body: ByteWriter, bulk: BulkFunction, checks: CheckEmitter): void {
  body.append([...LOCAL_0, ...LOCAL_1, I32_LE_U, OP.if, VOID]);
  emitPiecesFromStart(body, bulk, checks);
  body.byte(OP.else);
  emitPiecesFromEnd(body, bulk, checks);
  body.byte(OP.end);
}

/** Starts with the last piece, which is out of bounds if any is. */
function emitPiecesFromEnd(body: ByteWriter, bulk: BulkFunction, checks: CheckEmitter): void {
  body.append([OP.loop, VOID]);
  emitMove(body, bulk, [2, OP.i32Sub]);
  emitEnds(body, bulk);
  emitPieceLength(body, bulk);
  emitCall(body, bulk);
  emitAgain(body, bulk, checks);
}

/** Starts with an empty operation at the ends, which traps if they are out of bounds. */
function emitPiecesFromStart(body: ByteWriter, bulk: BulkFunction, checks: CheckEmitter): void {
  const { bytes, start, at } = bulk.instructions;
  emitEnds(body, bulk);
  body.append([OP.i32Const, 0]);
  body.copy(bytes, start, at);
  body.append([OP.loop, VOID, ...LOCAL_0, ...LOCAL_1]);
  emitPieceLength(body, bulk);
  emitCall(body, bulk);
  emitMove(body, bulk, [0, OP.i32Add]);
  emitMove(body, bulk, [1, OP.i32Add]);
  emitMove(body, bulk, [2, OP.i32Sub]);
  emitAgain(body, bulk, checks);
}

/** Ends a loop that continues while there is more than a piece. */
function emitAgain(body: ByteWriter, bulk: BulkFunction, checks: CheckEmitter): void {
  checks.emit(body);
  emitIsLongerThan(body, pieceOf(bulk));
  body.append([BRANCH_IF, 0, OP.end]);
}

function emitIsLongerThan(body: ByteWriter, length: number): void {
  body.append([...LOCAL_2, OP.i32Const]);
  body.s32(length);
  body.byte(I32_GT_U);
}

/** Emits code that pushes whether the ends of the ranges fit in 32 bits; otherwise they are out of bounds. */
function emitHasEnds(body: ByteWriter, bulk: BulkFunction): void {
  const notLength = [...LOCAL_2, ...MINUS_ONE, I32_XOR];
  body.append([...LOCAL_0, ...notLength, I32_LE_U]);
  if (hasSource(bulk)) body.append([...LOCAL_1, ...notLength, I32_LE_U, I32_AND]);
}

/** Pushes the ends of the ranges; for a fill, the end of its range, and the value. */
function emitEnds(body: ByteWriter, bulk: BulkFunction): void {
  body.append([...LOCAL_0, ...LOCAL_2, OP.i32Add, ...LOCAL_1]);
  if (hasSource(bulk)) body.append([...LOCAL_2, OP.i32Add]);
}

function hasSource({ instructions: { code } }: BulkFunction): boolean {
  return code !== OP.memoryFill;
}

/** Moves a local forwards or backwards by a piece. */
function emitMove(body: ByteWriter, bulk: BulkFunction, [local, opcode]: readonly [number, number]): void {
  body.append([OP.localGet, local]);
  emitPieceLength(body, bulk);
  body.append([opcode, OP.localSet, local]);
}

function emitPieceLength(body: ByteWriter, bulk: BulkFunction): void {
  body.byte(OP.i32Const);
  body.s32(pieceOf(bulk));
}

function pieceOf({ instructions: { code } }: BulkFunction): number {
  return (isTableBulk(code) ? ELEMENTS : BYTES).piece;
}

function emitCall(body: ByteWriter, { index }: BulkFunction): void {
  body.byte(OP.call);
  body.u32(index);
}
