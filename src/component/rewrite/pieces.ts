import type { ByteWriter } from './byte-writer.ts';
import type { Checks } from './checks.ts';
import { LOCAL_0, LOCAL_1, LOCAL_2 } from './emit.ts';
import type { Instructions } from './instructions.ts';
import { OP } from './opcodes.ts';

/** How much is written between two checks: the page faults of so much are a millisecond's work. */
const PIECE_BYTES = 1024 * 1024;

/** After so many bytes at most there is a check too. Shorter operations are as good as free. */
const LONG_BYTES = 4096;

const VOID = 0x40;
const RETURN = 0x0f;
const BRANCH_IF = 0x0d;
const I32_GT_U = 0x4b;
const I32_LE_U = 0x4d;
const I32_AND = 0x71;
const I32_XOR = 0x73;
const MINUS_ONE: readonly number[] = Object.freeze([OP.i32Const, 0x7f]);

/** The function that does the `memory.fill`, `memory.copy` or `memory.init` just read. Its params are the instruction's operands. */
export type BulkFunction = { readonly instructions: Instructions; readonly index: number };

/** Leaves a long operation to another function of the same params. */
export function emitPassLong(body: ByteWriter, index: number): void {
  emitIsLongerThan(body, LONG_BYTES);
  body.append([OP.if, VOID, ...LOCAL_0, ...LOCAL_1, ...LOCAL_2, OP.call]);
  body.u32(index);
  body.append([RETURN, OP.end]);
}

/**
 * Does an operation of more than a piece in pieces, each a call of `bulk`, up to the last: that is in the params then.
 *
 * Where an end of a range is out of bounds the first piece traps, or all is in the params, so that nothing is written before the trap.
 */
export function emitPieces(body: ByteWriter, bulk: BulkFunction, checks: Checks): void {
  emitHasEnds(body, bulk);
  emitIsLongerThan(body, PIECE_BYTES);
  body.append([I32_AND, OP.if, VOID]);
  if (bulk.instructions.code === OP.memoryCopy) emitCopyPieces(body, bulk, checks);
  else emitPiecesFromEnd(body, bulk, checks);
  body.byte(OP.end);
}

/** A piece is written before any other is read that lies where it goes. */
function emitCopyPieces(body: ByteWriter, bulk: BulkFunction, checks: Checks): void {
  body.append([...LOCAL_0, ...LOCAL_1, I32_LE_U, OP.if, VOID]);
  emitPiecesFromStart(body, bulk, checks);
  body.byte(OP.else);
  emitPiecesFromEnd(body, bulk, checks);
  body.byte(OP.end);
}

/** The last piece comes first, and is out of bounds where any is. */
function emitPiecesFromEnd(body: ByteWriter, bulk: BulkFunction, checks: Checks): void {
  body.append([OP.loop, VOID]);
  emitMove(body, 2, OP.i32Sub);
  emitEnds(body, bulk);
  emitPieceLength(body);
  emitCall(body, bulk);
  emitAgain(body, checks);
}

/** An empty operation at the ends comes first, which traps where these are out of bounds. */
function emitPiecesFromStart(body: ByteWriter, bulk: BulkFunction, checks: Checks): void {
  const { bytes, start, at } = bulk.instructions;
  emitEnds(body, bulk);
  body.append([OP.i32Const, 0]);
  body.copy(bytes, start, at);
  body.append([OP.loop, VOID, ...LOCAL_0, ...LOCAL_1]);
  emitPieceLength(body);
  emitCall(body, bulk);
  emitMove(body, 0, OP.i32Add);
  emitMove(body, 1, OP.i32Add);
  emitMove(body, 2, OP.i32Sub);
  emitAgain(body, checks);
}

/** Ends a loop that goes on as long as there is more than a piece. */
function emitAgain(body: ByteWriter, checks: Checks): void {
  checks.emit(body);
  emitIsLongerThan(body, PIECE_BYTES);
  body.append([BRANCH_IF, 0, OP.end]);
}

function emitIsLongerThan(body: ByteWriter, byteLength: number): void {
  body.append([...LOCAL_2, OP.i32Const]);
  body.s32(byteLength);
  body.byte(I32_GT_U);
}

/** Whether the ends of the ranges are numbers of 32 bits; no memory has so many bytes. */
function emitHasEnds(body: ByteWriter, bulk: BulkFunction): void {
  const notLength = [...LOCAL_2, ...MINUS_ONE, I32_XOR];
  body.append([...LOCAL_0, ...notLength, I32_LE_U]);
  if (hasSource(bulk)) body.append([...LOCAL_1, ...notLength, I32_LE_U, I32_AND]);
}

/** Puts the ends of the ranges on the stack; of a fill that of its one range, and the value. */
function emitEnds(body: ByteWriter, bulk: BulkFunction): void {
  body.append([...LOCAL_0, ...LOCAL_2, OP.i32Add, ...LOCAL_1]);
  if (hasSource(bulk)) body.append([...LOCAL_2, OP.i32Add]);
}

function hasSource({ instructions: { code } }: BulkFunction): boolean {
  return code !== OP.memoryFill;
}

/** Moves a local on or back by a piece. */
function emitMove(body: ByteWriter, local: number, opcode: number): void {
  body.append([OP.localGet, local]);
  emitPieceLength(body);
  body.append([opcode, OP.localSet, local]);
}

function emitPieceLength(body: ByteWriter): void {
  body.byte(OP.i32Const);
  body.s32(PIECE_BYTES);
}

function emitCall(body: ByteWriter, { index }: BulkFunction): void {
  body.byte(OP.call);
  body.u32(index);
}
