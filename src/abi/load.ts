import { isBulk, loadBulk } from './bulk.ts';
import type { LiftLowerContext } from './context.ts';
import { elementCost } from './cost.ts';
import { casesOf, fieldsOf, type Kind, type RecordLike, type TypeOf, type VariantLike } from './despecialize.ts';
import { checkRange } from './guest-memory.ts';
import { alignment, discriminantSize, elemSize, elemSizeFlags, fieldOffsets, payloadOffset } from './layout.ts';
import { loadStringFromRange } from './load-string.ts';
import { canonicalizeNan, convertI32ToChar, trapNoCase } from './numbers.ts';
import { liftBorrow, liftOwn } from './resources.ts';
import { toCaseValue, toKey, toListValue } from './shape.ts';
import { Trap } from '../util/trap.ts';
import type { ValType } from './types.ts';

/** Source: `MAX_LIST_BYTE_LENGTH`. */
const MAX_LIST_BYTE_LENGTH = 2 ** 28 - 1;

/** The value of type `t` at `ptr`, which must be aligned and in bounds. Source: `load`. */
export function load(cx: LiftLowerContext, ptr: number, t: ValType): unknown {
  const loader: (cx: LiftLowerContext, ptr: number, t: never) => unknown = LOADERS[t.kind];
  return loader(cx, ptr, t as never);
}

type Loaders = { readonly [K in Kind]: (cx: LiftLowerContext, ptr: number, t: TypeOf<K>) => unknown };

const LOADERS: Loaders = {
  bool: (cx, ptr) => cx.memory.view.getUint8(ptr) !== 0,
  u8: (cx, ptr) => cx.memory.view.getUint8(ptr),
  u16: (cx, ptr) => cx.memory.view.getUint16(ptr, true),
  u32: (cx, ptr) => cx.memory.view.getUint32(ptr, true),
  u64: (cx, ptr) => cx.memory.view.getBigUint64(ptr, true),
  s8: (cx, ptr) => cx.memory.view.getInt8(ptr),
  s16: (cx, ptr) => cx.memory.view.getInt16(ptr, true),
  s32: loadInt32,
  s64: (cx, ptr) => cx.memory.view.getBigInt64(ptr, true),
  f32: (cx, ptr) => canonicalizeNan(cx.memory.view.getFloat32(ptr, true)),
  f64: (cx, ptr) => canonicalizeNan(cx.memory.view.getFloat64(ptr, true)),
  char: (cx, ptr) => convertI32ToChar(loadInt32(cx, ptr)),
  string: (cx, ptr) => loadStringFromRange(cx, loadInt32(cx, ptr), loadInt32(cx, ptr + 4)),
  list: loadList,
  record: loadRecord,
  tuple: loadRecord,
  variant: loadVariant,
  enum: loadVariant,
  option: loadVariant,
  result: loadVariant,
  flags: (cx, ptr, t) => unpackFlagsFromInt(loadInt(cx, ptr, elemSizeFlags(t.labels)), t.labels),
  own: (cx, ptr, t) => liftOwn(cx, loadInt32(cx, ptr), t.resource),
  borrow: (cx, ptr, t) => liftBorrow(cx, loadInt32(cx, ptr), t.resource),
};

function loadInt32(cx: LiftLowerContext, ptr: number): number {
  return cx.memory.view.getInt32(ptr, true);
}

/** An unsigned integer of `byteLength` bytes. Source: `load_int`. */
function loadInt(cx: LiftLowerContext, ptr: number, byteLength: 1 | 2 | 4): number {
  const { view } = cx.memory;
  if (byteLength === 1) return view.getUint8(ptr);
  return byteLength === 2 ? view.getUint16(ptr, true) : view.getUint32(ptr, true);
}

/** Source: `load_list`. */
function loadList(cx: LiftLowerContext, ptr: number, t: TypeOf<'list'>): unknown {
  if (t.length === undefined) return loadListFromRange(cx, loadInt32(cx, ptr), loadInt32(cx, ptr + 4), t.element);
  cx.charge(t.length * elementCost(t.element));
  return loadListFromValidRange(cx, ptr, t.length, t.element);
}

/** Source: `load_list_from_range`. */
export function loadListFromRange(cx: LiftLowerContext, ptr: number, length: number, element: ValType): unknown {
  checkList(cx, ptr >>> 0, length >>> 0, element);
  return loadListFromValidRange(cx, ptr >>> 0, length >>> 0, element);
}

function checkList(cx: LiftLowerContext, ptr: number, length: number, element: ValType): void {
  checkListRange(cx, ptr, length * elemSize(element), alignment(element));
  cx.charge(length * elementCost(element));
}

/** Traps if a list of `byteLength` is too long or out of bounds. */
export function checkListRange(cx: LiftLowerContext, ptr: number, byteLength: number, toAlignment: number): void {
  if (byteLength > MAX_LIST_BYTE_LENGTH) throw new Trap(`a list of ${byteLength} bytes is too long`);
  checkRange(cx.memory, ptr, byteLength, toAlignment);
}

/** Source: `load_list_from_valid_range`. */
function loadListFromValidRange(cx: LiftLowerContext, ptr: number, length: number, element: ValType): unknown {
  if (isBulk(element.kind)) return loadBulk(cx.memory, element.kind, ptr, length);
  const size = elemSize(element);
  const values: unknown[] = [];
  for (let i = 0; i < length; i++) values.push(load(cx, ptr + i * size, element));
  return toListValue(element, values);
}

/** Source: `load_record`. */
function loadRecord(cx: LiftLowerContext, ptr: number, t: RecordLike): unknown {
  const fields = fieldsOf(t);
  const offsets = fieldOffsets(fields);
  const values = fields.map((field, i) => load(cx, ptr + (offsets[i] ?? 0), field.type));
  return toRecordValue(t, values);
}

/** Makes the JavaScript value of a record or tuple from its fields' values. */
export function toRecordValue(t: RecordLike, values: readonly unknown[]): unknown {
  if (t.kind === 'tuple') return values;
  return Object.fromEntries(t.fields.map((field, i) => [toKey(field.label), values[i]]));
}

/** Source: `load_variant`. */
function loadVariant(cx: LiftLowerContext, ptr: number, t: VariantLike): unknown {
  const cases = casesOf(t);
  const caseIndex = loadInt(cx, ptr, discriminantSize(cases));
  const c = cases[caseIndex] ?? trapNoCase(caseIndex, cases.length);
  return toCaseValue(t, caseIndex, c.type && load(cx, ptr + payloadOffset(cases), c.type));
}

/** Bits beyond the labels are ignored. Source: `unpack_flags_from_int`. */
export function unpackFlagsFromInt(i: number, labels: readonly string[]): Record<string, boolean> {
  return Object.fromEntries(labels.map((label, bit) => [toKey(label), ((i >>> bit) & 1) === 1]));
}
