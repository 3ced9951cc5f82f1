import { isBulk, storeBulk } from './bulk.ts';
import type { LiftLowerContext } from './context.ts';
import { casesOf, fieldsOf, type Kind, type RecordLike, type TypeOf, type VariantLike } from './despecialize.ts';
import { alignment, discriminantSize, elemSize, elemSizeFlags, fieldOffsets, payloadOffset } from './layout.ts';
import { charToI32, storeF32, storeF64 } from './numbers.ts';
import { lowerBorrow, lowerOwn } from './resources.ts';
import { checkBigInt, checkNumber, checkRep, isTrue, lengthOf, matchCase, toKey } from './shape.ts';
import { storeStringIntoRange } from './store-string.ts';
import { Trap } from '../util/trap.ts';
import type { ValType } from './types.ts';

/** The largest size that can be requested from `realloc`. Source: `REALLOC_I32_MAX`. */
const REALLOC_I32_MAX = 2 ** 32 - 1;

/** Stores `v` of type `t` at `ptr`, which must be aligned, in bounds and marked as written. Source: `store`. */
export function store(cx: LiftLowerContext, v: unknown, t: ValType, ptr: number): void {
  const storer: (cx: LiftLowerContext, v: never, ptr: number, t: never) => void = STORERS[t.kind];
  storer(cx, v as never, ptr, t as never);
}

type Storers = { readonly [K in Kind]: (cx: LiftLowerContext, v: never, ptr: number, t: TypeOf<K>) => void };

const STORERS: Storers = {
  bool: (cx, v, ptr) => storeInt(cx, isTrue(v), ptr, 1),
  u8: (cx, v, ptr) => storeInt(cx, checkNumber(v), ptr, 1),
  u16: (cx, v, ptr) => storeInt(cx, checkNumber(v), ptr, 2),
  u32: (cx, v, ptr) => storeInt(cx, checkNumber(v), ptr, 4),
  u64: (cx, v, ptr) => cx.memory.view.setBigInt64(ptr, checkBigInt(v), true),
  s8: (cx, v, ptr) => storeInt(cx, checkNumber(v), ptr, 1),
  s16: (cx, v, ptr) => storeInt(cx, checkNumber(v), ptr, 2),
  s32: (cx, v, ptr) => storeInt(cx, checkNumber(v), ptr, 4),
  s64: (cx, v, ptr) => cx.memory.view.setBigInt64(ptr, checkBigInt(v), true),
  f32: (cx, v, ptr) => storeF32(cx.memory.view, ptr, checkNumber(v)),
  f64: (cx, v, ptr) => storeF64(cx.memory.view, ptr, checkNumber(v)),
  char: (cx, v, ptr) => storeInt(cx, charToI32(v), ptr, 4),
  string: (cx, v, ptr) => storeRange(cx, storeStringIntoRange(cx, v), ptr),
  list: storeList,
  record: storeRecord,
  tuple: storeRecord,
  variant: storeVariant,
  enum: storeVariant,
  option: storeVariant,
  result: storeVariant,
  flags: (cx, v, ptr, t) => storeInt(cx, packFlagsIntoInt(v, t.labels), ptr, elemSizeFlags(t.labels)),
  own: (cx, v, ptr, t) => storeInt(cx, lowerOwn(cx, checkRep(v, t.resource), t.resource), ptr, 4),
  borrow: (cx, v, ptr, t) => storeInt(cx, lowerBorrow(cx, checkRep(v, t.resource), t.resource), ptr, 4),
};

/** Source: `store_int`. */
function storeInt(cx: LiftLowerContext, v: number, ptr: number, byteLength: 1 | 2 | 4): void {
  const { view } = cx.memory;
  if (byteLength === 1) view.setUint8(ptr, v);
  else if (byteLength === 2) view.setUint16(ptr, v, true);
  else view.setUint32(ptr, v, true);
}

/** Stores the pointer and length of a string or list; the length is in `cx`. */
function storeRange(cx: LiftLowerContext, begin: number, ptr: number): void {
  const { view } = cx.memory;
  view.setUint32(ptr, begin, true);
  view.setUint32(ptr + 4, cx.lengthStored, true);
}

/** Source: `store_list`. */
function storeList(cx: LiftLowerContext, v: ArrayLike<unknown>, ptr: number, t: TypeOf<'list'>): void {
  if (t.length === undefined) return storeRange(cx, storeListIntoRange(cx, v, t.element), ptr);
  lengthOf(v, t.length);
  return storeListIntoValidRange(cx, v, ptr, t.element);
}

/** Returns the pointer, and leaves the length in `cx.lengthStored`. Source: `store_list_into_range`. */
export function storeListIntoRange(cx: LiftLowerContext, v: ArrayLike<unknown>, element: ValType): number {
  const length = lengthOf(v);
  const ptr = allocateList(cx, length * elemSize(element), alignment(element));
  storeListIntoValidRange(cx, v, ptr, element);
  cx.lengthStored = length;
  return ptr;
}

/** Allocates guest memory for a list of the host. */
export function allocateList(cx: LiftLowerContext, byteLength: number, toAlignment: number): number {
  if (byteLength > REALLOC_I32_MAX) throw new Trap(`a list of ${byteLength} bytes does not fit in the guest's memory`);
  return cx.allocate(toAlignment, byteLength);
}

/** Source: `store_list_into_valid_range`. */
function storeListIntoValidRange(cx: LiftLowerContext, v: ArrayLike<unknown>, ptr: number, element: ValType): void {
  if (isBulk(element.kind)) return storeBulk(cx.memory, element.kind, ptr, v as ArrayLike<number>);
  const size = elemSize(element);
  for (let i = 0; i < v.length; i++) store(cx, v[i], element, ptr + i * size);
}

/** Source: `store_record`. */
function storeRecord(cx: LiftLowerContext, v: unknown, ptr: number, t: RecordLike): void {
  const fields = fieldsOf(t);
  const offsets = fieldOffsets(fields);
  for (const [i, field] of fields.entries()) store(cx, fieldValue(v, t, i), field.type, ptr + (offsets[i] ?? 0));
}

/** The value of a record's or tuple's field. */
export function fieldValue(v: unknown, t: RecordLike, index: number): unknown {
  if (t.kind === 'tuple') return (v as readonly unknown[])[index];
  return (v as Record<string, unknown>)[toKey(t.fields[index]?.label ?? '')];
}

/** Source: `store_variant`. */
function storeVariant(cx: LiftLowerContext, v: unknown, ptr: number, t: VariantLike): void {
  const { index, value } = matchCase(v, t);
  const cases = casesOf(t);
  storeInt(cx, index, ptr, discriminantSize(cases));
  const type = cases[index]?.type;
  if (type !== undefined) store(cx, value, type, ptr + payloadOffset(cases));
}

/** The result is signed. A flag that the host leaves out is not set. Source: `pack_flags_into_int`. */
export function packFlagsIntoInt(v: unknown, labels: readonly string[]): number {
  const flags = v as Record<string, unknown>;
  return labels.reduce((i, label, bit) => i | (isTrue(flags[toKey(label)]) << bit), 0);
}
