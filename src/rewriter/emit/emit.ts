import type { ByteWriter } from '../../wasm/byte-writer.ts';
import { CARD_SHIFT, CHARGED_OFFSET, GROUP_HEADER_BYTES, GROUP_SHIFT, GROUP_SLICES, SIZE_STRIDE } from '../layout.ts';
import { OP, PREFIX_BASE } from '../../wasm/opcodes.ts';

/** Where a module finds its instance's cards. */
export type CardPlace = {
  /** The index of the memory with the slices of all instances. */
  readonly memory: number;
  /** The index of the global with the base of this instance's slice. */
  readonly base: number;
  /** The maximum size of memory 0, in pages. */
  readonly maxPages: number;
};

export const LOCAL_0: readonly number[] = Object.freeze([OP.localGet, 0]);
export const LOCAL_1: readonly number[] = Object.freeze([OP.localGet, 1]);
export const LOCAL_2: readonly number[] = Object.freeze([OP.localGet, 2]);

const IF = OP.if;
const VOID = 0x40;
const I32 = 0x7f;
const RETURN = 0x0f;
export const I32_EQ = 0x46;
const I32_NE = 0x47;
const I32_LT_S = 0x48;
const I32_GT_U = 0x4b;
const I32_XOR = 0x73;
const DROP = 0x1a;
const SELECT = 0x1b;
const I32_AND = 0x71;
const I32_SHR_U = 0x76;
const BRANCH = 0x0c;
const I32_GE_U = 0x4f;
const I32_SHL = 0x74;
const I64_CONST = 0x42;
const I64_GT_U = 0x56;
const I64_ADD = 0x7c;
const I64_SHL = 0x86;
const I64_EXTEND_U = 0xad;
export const MINUS_ONE: readonly number[] = Object.freeze([OP.i32Const, 0x7f]);

/** An address that is out of bounds in any memory of at most 65,535 pages, whatever the size of the access. */
const NEVER_IN_BOUNDS: readonly number[] = Object.freeze([OP.i32Const, 0x70]);

const PAGE_SHIFT = 16;

/** The flag of a memory argument: a memory index follows. */
const WITH_INDEX = 0x40;
const ALIGN_4 = 2;

/**
 * Emits code that calls `markFirst` to mark the page of local 0 plus `offset` if it is not marked. It precedes the store: one beyond the guest's memory
 * must not write anything. For an address in no memory, it may read another instance's card.
 */
export function emitMark(body: ByteWriter, place: CardPlace, offset: number, markFirst: number): void {
  emitAddress(body, offset);
  emitCardOf(body, place);
  emitIsUnmarked(body, place);
  body.unlikely();
  body.append([IF, VOID]);
  emitAddress(body, offset);
  body.byte(OP.call);
  body.u32(markFirst);
  body.byte(OP.end);
}

function emitAddress(body: ByteWriter, offset: number): void {
  body.append(LOCAL_0);
  if (offset > 0) emitAddConstant(body, offset);
}

/** Emits code that marks the page of local 0. It traps if that is beyond the guest's memory. Overwrites local 0. */
export function emitMarkFirst(body: ByteWriter, place: CardPlace): void {
  body.append(LOCAL_0);
  emitSize(body, place);
  body.append([OP.i32Const, PAGE_SHIFT, I32_SHL, I32_GE_U]);
  emitTrapIf(body);
  body.append(LOCAL_0);
  emitCardOf(body, place);
  body.append([OP.localSet, 0]);
  emitSetMark(body, place);
}

/**
 * Emits code that traps if any of `length` (local 2) bytes is beyond the guest's memory, as V8 does at the end of its own. The bytes begin at local 0, at
 * local 1, or at both.
 */
export function emitCheckRange(body: ByteWriter, place: CardPlace, starts: readonly (0 | 1)[]): void {
  for (const start of starts) body.append([OP.localGet, start]);
  if (starts.length > 1) body.append([...LOCAL_0, ...LOCAL_1, I32_GT_U, SELECT]);
  body.append([I64_EXTEND_U, ...LOCAL_2, I64_EXTEND_U, I64_ADD]);
  emitSize(body, place);
  body.append([I64_EXTEND_U, I64_CONST, PAGE_SHIFT, I64_SHL, I64_GT_U]);
  emitTrapIf(body);
}

/** Emits code that traps if the condition is true, by an access out of bounds, so that V8's message says that. */
function emitTrapIf(body: ByteWriter): void {
  body.unlikely();
  body.append([IF, VOID, ...NEVER_IN_BOUNDS, OP.i32Load, ALIGN_4, 0, DROP, OP.end]);
}

/** Emits code that marks the pages of `length` (local 2) bytes from local 0, all in bounds. Overwrites both locals. */
export function emitMarkRange(body: ByteWriter, place: CardPlace): void {
  body.append([...LOCAL_2, OP.i32Eqz, IF, VOID, RETURN, OP.end]);
  body.append([...LOCAL_0, ...LOCAL_2, OP.i32Add, OP.i32Const, 1, OP.i32Sub]);
  emitCardOf(body, place);
  body.append([OP.localSet, 2, ...LOCAL_0]);
  emitCardOf(body, place);
  body.append([OP.localSet, 0, OP.loop, VOID, ...LOCAL_0]);
  emitIsUnmarked(body, place);
  body.unlikely();
  body.append([IF, VOID]);
  emitSetMark(body, place);
  body.byte(OP.end);
  body.append([...LOCAL_0, ...LOCAL_2, I32_NE, IF, VOID]);
  body.append([...LOCAL_0, OP.i32Const, GROUP_SLICES, OP.i32Add, OP.localSet, 0, BRANCH, 1, OP.end, OP.end]);
}

/**
 * Emits code that pushes local 0 plus `local`, an offset, and keeps the sum in local 0. A sum beyond 32 bits becomes an address that is out of bounds,
 * whatever the store's alignment.
 */
export function emitSumOrOutOfBounds(body: ByteWriter, local: number): void {
  const offset = [OP.localGet, local];
  body.append([...NEVER_IN_BOUNDS, ...LOCAL_0, ...offset, OP.i32Add]);
  body.append([...offset, ...LOCAL_0, ...MINUS_ONE, I32_XOR, I32_GT_U, SELECT, OP.localTee, 0]);
}

/** Emits code that pushes the reported size of memory 0 in pages. */
export function emitSize(body: ByteWriter, place: CardPlace): void {
  emitSizeAddress(body, place);
  emitAccess(body, OP.i32Load, place, 0);
}

/** Emits code that turns a number of pages on the stack into whether a memory may grow by that many. With 0, the host records the current sizes. */
type EmitAsk = () => void;

/**
 * Emits code, including the declaration of locals, that grows the reported size of memory 0 by local 0. It asks the host for pages that were not charged
 * yet, and V8 for pages that do not exist yet.
 *
 * Local 1 is the size before, local 2 the size after.
 */
export function emitGrow(body: ByteWriter, place: CardPlace, emitAsk: EmitAsk): void {
  body.append([1, 2, I32]);
  emitSize(body, place);
  body.append([OP.localSet, 1, ...LOCAL_0, OP.i32Const]);
  body.s32(place.maxPages);
  body.append([...LOCAL_1, OP.i32Sub, I32_GT_U, IF, VOID, ...MINUS_ONE, RETURN, OP.end]);
  body.append([...LOCAL_1, ...LOCAL_0, OP.i32Add, OP.localTee, 2]);
  emitCharged(body, place);
  body.append([I32_GT_U, IF, VOID, ...LOCAL_2]);
  emitCharged(body, place);
  body.byte(OP.i32Sub);
  emitAsk();
  body.append([OP.i32Eqz, IF, VOID, ...MINUS_ONE, RETURN, OP.end]);
  body.append([...LOCAL_2, OP.memorySize, 0, I32_GT_U, IF, VOID]);
  body.append([...LOCAL_2, OP.memorySize, 0, OP.i32Sub, OP.memoryGrow, 0, ...MINUS_ONE, I32_EQ, IF, VOID]);
  emitTakeNote(body, emitAsk);
  body.append([...MINUS_ONE, RETURN, OP.end, OP.end]);
  emitSizeAddress(body, place);
  body.append(LOCAL_2);
  emitAccess(body, OP.i32Store, place, CHARGED_OFFSET);
  body.byte(OP.end);
  emitSizeAddress(body, place);
  body.append(LOCAL_2);
  emitAccess(body, OP.i32Store, place, 0);
  body.append(LOCAL_1);
}

/** Emits code that pushes the number of pages charged to the quota. */
function emitCharged(body: ByteWriter, place: CardPlace): void {
  emitSizeAddress(body, place);
  emitAccess(body, OP.i32Load, place, CHARGED_OFFSET);
}

/** Emits code that grows a memory by local 0, if the host allows it. The host records the new size, which other modules may see. */
export function emitGrowUntracked(body: ByteWriter, memory: number, emitAsk: EmitAsk): void {
  body.append(LOCAL_0);
  emitAsk();
  body.append([IF, I32, ...LOCAL_0, OP.memoryGrow]);
  body.u32(memory);
  body.append([OP.localSet, 0]);
  emitTakeNote(body, emitAsk);
  body.append([...LOCAL_0, OP.else, ...MINUS_ONE, OP.end]);
}

/** Emits code that grows a table by local 1, filled with local 0, if the host allows it. If V8 then refuses, the elements are given back. */
export function emitGrowTable(body: ByteWriter, table: number, emitAsk: EmitAsk): void {
  // Negative numbers mean elements that are given back.
  body.append([...LOCAL_1, OP.i32Const, 0, I32_LT_S, IF, VOID, ...MINUS_ONE, RETURN, OP.end, ...LOCAL_1]);
  emitAsk();
  body.append([OP.i32Eqz, IF, VOID, ...MINUS_ONE, RETURN, OP.end, ...LOCAL_0, ...LOCAL_1]);
  emitOnTable(body, OP.tableGrow, table);
  body.append([...MINUS_ONE, I32_EQ, IF, I32, OP.i32Const, 0, ...LOCAL_1, OP.i32Sub]);
  emitAsk();
  body.append([DROP, ...MINUS_ONE, OP.else]);
  emitOnTable(body, OP.tableSize, table);
  body.append([...LOCAL_1, OP.i32Sub, OP.end]);
}

function emitOnTable(body: ByteWriter, code: number, table: number): void {
  body.append([0xfc, code - PREFIX_BASE.misc]);
  body.u32(table);
}

/** Emits a call that makes the host record the memories' sizes. */
function emitTakeNote(body: ByteWriter, emitAsk: EmitAsk): void {
  body.append([OP.i32Const, 0]);
  emitAsk();
  body.byte(DROP);
}

/** Emits code that turns an address on the stack into that of its card, less the group's header. */
function emitCardOf(body: ByteWriter, place: CardPlace): void {
  body.append([OP.i32Const, CARD_SHIFT - GROUP_SHIFT, I32_SHR_U, OP.i32Const]);
  body.s32(-GROUP_SLICES);
  body.byte(I32_AND);
  emitBase(body, place);
  body.byte(OP.i32Add);
}

/** Emits code that pops a card's address, less the header. Reading first is twice as fast as always writing: most pages are already marked. */
function emitIsUnmarked(body: ByteWriter, place: CardPlace): void {
  body.append([OP.i32Load8, WITH_INDEX]);
  body.u32(place.memory);
  body.append([GROUP_HEADER_BYTES, OP.i32Eqz]);
}

/** Emits code that marks the card whose address, less the header, is in local 0. */
function emitSetMark(body: ByteWriter, place: CardPlace): void {
  body.append([...LOCAL_0, OP.i32Const, 1, OP.i32Store8, WITH_INDEX]);
  body.u32(place.memory);
  body.byte(GROUP_HEADER_BYTES);
}

function emitBase(body: ByteWriter, place: CardPlace): void {
  body.byte(OP.globalGet);
  body.u32(place.base);
}

/** Emits code that pushes the address of the reported size. */
function emitSizeAddress(body: ByteWriter, place: CardPlace): void {
  emitBase(body, place);
  emitBase(body, place);
  body.append([OP.i32Const, GROUP_SLICES - 1, I32_AND, OP.i32Const, SIZE_STRIDE, OP.i32Mul, OP.i32Add]);
}

/** Emits an access to the word at `offset` from the reported size. */
function emitAccess(body: ByteWriter, opcode: number, place: CardPlace, offset: number): void {
  body.append([opcode, WITH_INDEX | ALIGN_4]);
  body.u32(place.memory);
  body.u32(offset);
}

function emitAddConstant(body: ByteWriter, value: number): void {
  body.byte(OP.i32Const);
  body.s32(value);
  body.byte(OP.i32Add);
}
