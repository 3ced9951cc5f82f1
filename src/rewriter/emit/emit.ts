import type { ByteWriter } from '../../wasm/byte-writer.ts';
import { CARD_SHIFT, CHARGED_OFFSET, GROUP_HEADER_BYTES, GROUP_SHIFT, GROUP_SLICES, SIZE_STRIDE } from '../layout.ts';
import { OP, PREFIX_BASE } from '../../wasm/opcodes.ts';

/** Where an instance's cards are, seen from its module. */
export type CardPlace = {
  /** Index of the memory that holds the slices of all instances. */
  readonly memory: number;
  /** Index of the global that holds where this instance's slice begins. */
  readonly base: number;
  /** Pages beyond which memory 0 does not grow. */
  readonly maxPages: number;
};

export const LOCAL_0: readonly number[] = Object.freeze([OP.localGet, 0]);
export const LOCAL_1: readonly number[] = Object.freeze([OP.localGet, 1]);
export const LOCAL_2: readonly number[] = Object.freeze([OP.localGet, 2]);

const IF = OP.if;
const VOID = 0x40;
const I32 = 0x7f;
const RETURN = 0x0f;
const I32_EQ = 0x46;
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
const MINUS_ONE: readonly number[] = Object.freeze([OP.i32Const, 0x7f]);

/** An address that is in no memory of 65,535 pages or fewer, whatever is accessed there. */
const NEVER_IN_BOUNDS: readonly number[] = Object.freeze([OP.i32Const, 0x70]);

const PAGE_SHIFT = 16;

/** In a memory argument: says that a memory index follows. */
const WITH_INDEX = 0x40;
const ALIGN_4 = 2;

/**
 * Has function `markFirst` mark the page of local 0 plus `offset` if it is not marked. Before the store: one beyond the memory that the guest was
 * given writes nothing. For an address in no memory it may look at the card of another.
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

/** Marks the page of local 0. Traps if that is beyond the memory that the guest was given. Local 0 is lost. */
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
 * Traps if any of `length` (local 2) bytes is beyond the memory that the guest was given, as V8 does at the end of its own. They begin at local 0, at
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

/** Traps on a true condition, in V8's words for an access out of bounds: by one. */
function emitTrapIf(body: ByteWriter): void {
  body.unlikely();
  body.append([IF, VOID, ...NEVER_IN_BOUNDS, OP.i32Load, ALIGN_4, 0, DROP, OP.end]);
}

/** Marks the pages of `length` (local 2) bytes from local 0, all in bounds. Both locals are lost. */
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
 * Gives local 0 plus `local`, an offset, and keeps it in local 0. A sum beyond 32 bits becomes an address that is never in bounds, whatever
 * the store's alignment.
 */
export function emitSumOrOutOfBounds(body: ByteWriter, local: number): void {
  const offset = [OP.localGet, local];
  body.append([...NEVER_IN_BOUNDS, ...LOCAL_0, ...offset, OP.i32Add]);
  body.append([...offset, ...LOCAL_0, ...MINUS_ONE, I32_XOR, I32_GT_U, SELECT, OP.localTee, 0]);
}

/** Gives the pages that memory 0 has in the guest's eyes. */
export function emitSize(body: ByteWriter, place: CardPlace): void {
  emitSizeAddress(body, place);
  emitAccess(body, OP.i32Load, place, 0);
}

/** Turns a count of pages on the stack into whether a memory may grow by so many. For 0 pages it takes note of the size that the memory has. */
type EmitAsk = () => void;

/**
 * Grows memory 0 in the guest's eyes by local 0. The host is asked for pages that nobody was charged for, and V8 for those that are not there.
 * Writes the locals' declaration too.
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

/** Gives the pages that the quota was charged for. */
function emitCharged(body: ByteWriter, place: CardPlace): void {
  emitSizeAddress(body, place);
  emitAccess(body, OP.i32Load, place, CHARGED_OFFSET);
}

/** Grows a memory by local 0, if the host permits it, which takes note of the size after it: others may be told it. */
export function emitGrowUntracked(body: ByteWriter, memory: number, emitAsk: EmitAsk): void {
  body.append(LOCAL_0);
  emitAsk();
  body.append([IF, I32, ...LOCAL_0, OP.memoryGrow]);
  body.u32(memory);
  body.append([OP.localSet, 0]);
  emitTakeNote(body, emitAsk);
  body.append([...LOCAL_0, OP.else, ...MINUS_ONE, OP.end]);
}

/** Grows a table by local 1, with the value in local 0, if the host permits it. What V8 then refuses is given back. */
export function emitGrowTable(body: ByteWriter, table: number, emitAsk: EmitAsk): void {
  // Below none is for what is given back.
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

/** Has the host look at the sizes that memories have. */
function emitTakeNote(body: ByteWriter, emitAsk: EmitAsk): void {
  body.append([OP.i32Const, 0]);
  emitAsk();
  body.byte(DROP);
}

/** Turns an address on the stack into its card's, less the group's header. */
function emitCardOf(body: ByteWriter, place: CardPlace): void {
  body.append([OP.i32Const, CARD_SHIFT - GROUP_SHIFT, I32_SHR_U, OP.i32Const]);
  body.s32(-GROUP_SLICES);
  body.byte(I32_AND);
  emitBase(body, place);
  body.byte(OP.i32Add);
}

/** Takes a card's address less the header. Reading first is twice as fast as writing each time: most pages are marked already. */
function emitIsUnmarked(body: ByteWriter, place: CardPlace): void {
  body.append([OP.i32Load8, WITH_INDEX]);
  body.u32(place.memory);
  body.append([GROUP_HEADER_BYTES, OP.i32Eqz]);
}

/** Marks the card whose address less the header is in local 0. */
function emitSetMark(body: ByteWriter, place: CardPlace): void {
  body.append([...LOCAL_0, OP.i32Const, 1, OP.i32Store8, WITH_INDEX]);
  body.u32(place.memory);
  body.byte(GROUP_HEADER_BYTES);
}

function emitBase(body: ByteWriter, place: CardPlace): void {
  body.byte(OP.globalGet);
  body.u32(place.base);
}

/** Gives the address of the reported size. */
function emitSizeAddress(body: ByteWriter, place: CardPlace): void {
  emitBase(body, place);
  emitBase(body, place);
  body.append([OP.i32Const, GROUP_SLICES - 1, I32_AND, OP.i32Const, SIZE_STRIDE, OP.i32Mul, OP.i32Add]);
}

/** Reads or writes a word so much further than the reported size. */
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
