import type { ComponentInstance } from './component-instance.ts';
import type { LiftLowerContext } from './context.ts';
import { casesOf, fieldsOf, type Kind, type RecordLike, type TypeOf, type VariantLike } from './despecialize.ts';
import { flattenVariant } from './flatten.ts';
import { loadListFromRange, toRecordValue, unpackFlagsFromInt } from './load.ts';
import { loadStringFromRange } from './load-string.ts';
import { canonicalizeNan, convertI32ToChar, decodeI32AsFloat, decodeI64AsFloat, trapNoCase } from './numbers.ts';
import { liftBorrow, liftOwn } from './resources.ts';
import { toCaseValue, toListValue } from './shape.ts';
import type { CoreType, ValType } from './types.ts';

/** A core value in JavaScript: i64 is a bigint, the others are numbers. Integers may be signed or unsigned. */
export type CoreValue = number | bigint;

/** Iterates over flat values, each as the wanted core type. Source: `CoreValueIter`. */
export interface CoreValueIter {
  next(want: CoreType): CoreValue;
}

/** Returns the values in order; each must already have the wanted type. */
export function createCoreValueIter(values: readonly CoreValue[]): CoreValueIter {
  let i = 0;
  return { next: () => values[i++] ?? 0 };
}

/** The next value of type `t`. Source: `lift_flat`. */
export function liftFlat(cx: LiftLowerContext, vi: CoreValueIter, t: ValType): unknown {
  const lifter: (cx: LiftLowerContext, vi: CoreValueIter, t: never) => unknown = LIFTERS[t.kind];
  return lifter(cx, vi, t as never);
}

type Lifters = { readonly [K in Kind]: (cx: LiftLowerContext, vi: CoreValueIter, t: TypeOf<K>) => unknown };

const LIFTERS: Lifters = {
  bool: (_cx, vi) => nextI32(vi) !== 0,
  u8: (_cx, vi) => nextI32(vi) & 0xff,
  u16: (_cx, vi) => nextI32(vi) & 0xffff,
  u32: (_cx, vi) => nextI32(vi) >>> 0,
  u64: (_cx, vi) => BigInt.asUintN(64, vi.next('i64') as bigint),
  s8: (_cx, vi) => (nextI32(vi) << 24) >> 24,
  s16: (_cx, vi) => (nextI32(vi) << 16) >> 16,
  s32: (_cx, vi) => nextI32(vi) | 0,
  s64: (_cx, vi) => BigInt.asIntN(64, vi.next('i64') as bigint),
  f32: (_cx, vi) => canonicalizeNan(vi.next('f32') as number),
  f64: (_cx, vi) => canonicalizeNan(vi.next('f64') as number),
  char: (_cx, vi) => convertI32ToChar(nextI32(vi)),
  string: (cx, vi) => loadStringFromRange(cx, nextI32(vi), nextI32(vi)),
  list: liftFlatList,
  record: liftFlatRecord,
  tuple: liftFlatRecord,
  variant: liftFlatVariant,
  enum: liftFlatVariant,
  option: liftFlatVariant,
  result: liftFlatVariant,
  flags: (_cx, vi, t) => unpackFlagsFromInt(nextI32(vi), t.labels),
  own: (cx, vi, t) => liftOwn(cx, nextI32(vi), t.resource),
  borrow: (cx, vi, t) => liftBorrow(cx, nextI32(vi), t.resource),
};

function nextI32(vi: CoreValueIter): number {
  return vi.next('i32') as number;
}

/** Source: `lift_flat_list`. */
function liftFlatList(cx: LiftLowerContext, vi: CoreValueIter, t: TypeOf<'list'>): unknown {
  if (t.length === undefined) return loadListFromRange(cx, nextI32(vi), nextI32(vi), t.element);
  return toListValue(
    t.element,
    Array.from({ length: t.length }, () => liftFlat(cx, vi, t.element)),
  );
}

/** Source: `lift_flat_record`. */
function liftFlatRecord(cx: LiftLowerContext, vi: CoreValueIter, t: RecordLike): unknown {
  return toRecordValue(
    t,
    fieldsOf(t).map((field) => liftFlat(cx, vi, field.type)),
  );
}

/** Source: `lift_flat_variant`. */
function liftFlatVariant(cx: LiftLowerContext, vi: CoreValueIter, t: VariantLike): unknown {
  const cases = casesOf(t);
  const [, ...flatTypes] = flattenVariant(cases);
  const caseIndex = nextI32(vi) >>> 0;
  const c = cases[caseIndex] ?? trapNoCase(caseIndex, cases.length);
  const coerced = createCoerceValueIter(cx.inst, vi, flatTypes);
  const value = c.type && liftFlat(cx, coerced, c.type);
  for (const have of flatTypes) vi.next(have);
  return toCaseValue(t, caseIndex, value);
}

/** Removes the types that it uses from `flatTypes`. Source: `CoerceValueIter`. */
function createCoerceValueIter(inst: ComponentInstance, vi: CoreValueIter, flatTypes: CoreType[]): CoreValueIter {
  return {
    next(want) {
      const have = flatTypes.shift() ?? want;
      const x = vi.next(have);
      if (have === want) return x;
      if (have === 'i32') return decodeI32AsFloat(inst, x as number);
      if (want === 'f64') return decodeI64AsFloat(inst, x as bigint);
      const i = wrapI64ToI32(x as bigint);
      return want === 'f32' ? decodeI32AsFloat(inst, i) : i;
    },
  };
}

/** The result is signed. Source: `wrap_i64_to_i32`. */
export function wrapI64ToI32(i: bigint): number {
  return Number(BigInt.asIntN(32, i));
}
