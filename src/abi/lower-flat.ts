import type { ComponentInstance } from './component-instance.ts';
import type { LiftLowerContext } from './context.ts';
import { casesOf, fieldsOf, type Kind, type RecordLike, type TypeOf, type VariantLike } from './despecialize.ts';
import { flattenType, flattenVariant } from './flatten.ts';
import type { CoreValue } from './lift-flat.ts';
import { canonicalizeNan, charToI32, encodeFloatAsI32, encodeFloatAsI64 } from './numbers.ts';
import { lowerBorrow, lowerOwn } from './resources.ts';
import { checkBigInt, checkNumber, checkRep, isTrue, lengthOf, matchCase } from './shape.ts';
import { fieldValue, packFlagsIntoInt, storeListIntoRange } from './store.ts';
import { storeStringIntoRange } from './store-string.ts';
import type { CoreType, ValType } from './types.ts';

/** The flat values of `v`; integers are signed, as core functions return them. Source: `lower_flat`. */
export function lowerFlat(cx: LiftLowerContext, v: unknown, t: ValType): readonly CoreValue[] {
  const lowerer: (cx: LiftLowerContext, v: never, t: never) => readonly CoreValue[] = LOWERERS[t.kind];
  return lowerer(cx, v as never, t as never);
}

type Lowerers = { readonly [K in Kind]: (cx: LiftLowerContext, v: never, t: TypeOf<K>) => readonly CoreValue[] };

const LOWERERS: Lowerers = {
  bool: (_cx, v) => [isTrue(v)],
  u8: (_cx, v) => [checkNumber(v) & 0xff],
  u16: (_cx, v) => [checkNumber(v) & 0xffff],
  u32: (_cx, v) => [checkNumber(v) | 0],
  u64: (_cx, v) => [BigInt.asIntN(64, checkBigInt(v))],
  s8: (_cx, v) => [(checkNumber(v) << 24) >> 24],
  s16: (_cx, v) => [(checkNumber(v) << 16) >> 16],
  s32: (_cx, v) => [checkNumber(v) | 0],
  s64: (_cx, v) => [BigInt.asIntN(64, checkBigInt(v))],
  f32: (_cx, v) => [canonicalizeNan(Math.fround(checkNumber(v)))],
  f64: (_cx, v) => [canonicalizeNan(checkNumber(v))],
  char: (_cx, v) => [charToI32(v)],
  string: (cx, v) => lowerRange(cx, storeStringIntoRange(cx, v)),
  list: lowerFlatList,
  record: lowerFlatRecord,
  tuple: lowerFlatRecord,
  variant: lowerFlatVariant,
  enum: lowerFlatVariant,
  option: lowerFlatVariant,
  result: lowerFlatVariant,
  flags: (_cx, v, t) => [packFlagsIntoInt(v, t.labels)],
  own: (cx, v, t) => [lowerOwn(cx, checkRep(v, t.resource), t.resource)],
  borrow: (cx, v, t) => [lowerBorrow(cx, checkRep(v, t.resource), t.resource)],
};

function lowerRange(cx: LiftLowerContext, ptr: number): CoreValue[] {
  return [ptr | 0, cx.lengthStored | 0];
}

/** Source: `lower_flat_list`. */
function lowerFlatList(cx: LiftLowerContext, v: ArrayLike<unknown>, t: TypeOf<'list'>): CoreValue[] {
  if (t.length === undefined) return lowerRange(cx, storeListIntoRange(cx, v, t.element));
  lengthOf(v, t.length);
  return Array.from(v).flatMap((element) => lowerFlat(cx, element, t.element));
}

/** Source: `lower_flat_record`. */
function lowerFlatRecord(cx: LiftLowerContext, v: unknown, t: RecordLike): CoreValue[] {
  return fieldsOf(t).flatMap((field, i) => lowerFlat(cx, fieldValue(v, t, i), field.type));
}

/** Source: `lower_flat_variant`. */
function lowerFlatVariant(cx: LiftLowerContext, v: unknown, t: VariantLike): CoreValue[] {
  const cases = casesOf(t);
  const { index, value } = matchCase(v, t);
  const [, ...wants] = flattenVariant(cases);
  const type = cases[index]?.type;
  const payload = type === undefined ? [] : lowerFlat(cx, value, type);
  const haves = type === undefined ? [] : flattenType(type);
  return [index, ...wants.map((want, i) => coerce(cx.inst, payload[i], { have: haves[i], want }))];
}

/** Converts `value`, or zero if there is none, to the type that all cases share. */
function coerce(
  inst: ComponentInstance,
  value: CoreValue | undefined,
  { have, want }: { have: CoreType | undefined; want: CoreType },
): CoreValue {
  if (value === undefined) return want === 'i64' ? 0n : 0;
  if (have === want) return value;
  if (have === 'f64') return encodeFloatAsI64(inst, value as number);
  const i = have === 'f32' ? encodeFloatAsI32(inst, value as number) : (value as number);
  return want === 'i64' ? BigInt(i >>> 0) : i;
}
