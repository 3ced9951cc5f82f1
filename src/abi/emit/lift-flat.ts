import { casesOf, fieldsOf, type Kind, type RecordLike, type TypeOf, type VariantLike } from '../despecialize.ts';
import { flattenType, flattenVariant } from '../flatten.ts';
import type { CoreType, ValType } from '../types.ts';
import type { Emitter } from './emitter.ts';
import { emitCases, emitLoadListFromRange, emitRecordValue, emitUnpackFlags } from './load.ts';
import { js } from './code-writer.ts';

/** Emits code that lifts a `t` from the flat values with these names; returns the name of the value. Its twin is `liftFlat`. */
export function emitLiftFlat(e: Emitter, t: ValType, flats: readonly string[]): string {
  const emitKind: (e: Emitter, flats: readonly string[], t: never) => string = LIFTERS[t.kind];
  return emitKind(e, flats, t as never);
}

type Lifters = { readonly [K in Kind]: (e: Emitter, flats: readonly string[], t: TypeOf<K>) => string };

const LIFTERS: Lifters = {
  bool: (e, [x = '']) => e.code.bind(js`${x} !== 0`),
  u8: (e, [x = '']) => e.code.bind(js`${x} & 255`),
  u16: (e, [x = '']) => e.code.bind(js`${x} & 65535`),
  u32: (e, [x = '']) => e.code.bind(js`${x} >>> 0`),
  u64: (e, [x = '']) => e.code.bind(js`BigInt.asUintN(64, ${x})`),
  s8: (e, [x = '']) => e.code.bind(js`(${x} << 24) >> 24`),
  s16: (e, [x = '']) => e.code.bind(js`(${x} << 16) >> 16`),
  s32: (e, [x = '']) => e.code.bind(js`${x} | 0`),
  s64: (e, [x = '']) => e.code.bind(js`BigInt.asIntN(64, ${x})`),
  f32: (e, [x = '']) => e.code.bind(js`canonicalizeNan(${x})`),
  f64: (e, [x = '']) => e.code.bind(js`canonicalizeNan(${x})`),
  char: (e, [x = '']) => e.code.bind(js`convertI32ToChar(${x})`),
  string: (e, [x = '', y = '']) => e.code.bind(js`loadString(cx, ${x}, ${y})`),
  list: emitLiftFlatList,
  record: emitLiftFlatRecord,
  tuple: emitLiftFlatRecord,
  variant: emitLiftFlatVariant,
  enum: emitLiftFlatVariant,
  option: emitLiftFlatVariant,
  result: emitLiftFlatVariant,
  flags: (e, [x = ''], t) => emitUnpackFlags(e, x, t.labels),
  own: (e, [x = ''], t) => e.code.bind(js`liftOwn(cx, ${x}, ${e.code.slot(t.resource)})`),
  borrow: (e, [x = ''], t) => e.code.bind(js`liftBorrow(cx, ${x}, ${e.code.slot(t.resource)})`),
};

/** Lifts consecutive values, each from as many of `flats` as it needs; returns their names. */
export function emitLiftFlatEach(e: Emitter, ts: readonly ValType[], flats: readonly string[]): string[] {
  let next = 0;
  return ts.map((t) => {
    const begin = next;
    next += flattenType(t).length;
    return emitLiftFlat(e, t, flats.slice(begin, next));
  });
}

function emitLiftFlatList(e: Emitter, flats: readonly string[], t: TypeOf<'list'>): string {
  const { code } = e;
  const [x = '', y = ''] = flats;
  if (t.length === undefined) {
    return emitLoadListFromRange(e, code.bind(js`${x} >>> 0`), code.bind(js`${y} >>> 0`), t.element);
  }
  const elements = Array.from({ length: t.length }, () => t.element);
  const values = emitLiftFlatEach(e, elements, flats);
  return t.element.kind === 'u8' ? code.bind(js`Uint8Array.of(${values})`) : code.bind(js`[${values}]`);
}

function emitLiftFlatRecord(e: Emitter, flats: readonly string[], t: RecordLike): string {
  const types = fieldsOf(t).map((field) => field.type);
  return emitRecordValue(e, t, emitLiftFlatEach(e, types, flats));
}

function emitLiftFlatVariant(e: Emitter, flats: readonly string[], t: VariantLike): string {
  const [discriminant = '', ...payload] = flats;
  const [, ...haves] = flattenVariant(casesOf(t));
  const caseIndex = e.code.bind(js`${discriminant} >>> 0`);
  return emitCases(e, t, caseIndex, (type) => {
    const wants = flattenType(type);
    const coerced = wants.map((want, i) => emitCoerce(e, payload[i] ?? '', haves[i] ?? want, want));
    return emitLiftFlat(e, type, coerced);
  });
}

/** The name of a flat value, converted from the type that all cases share to that of one case. Its twin is `CoerceValueIter`. */
function emitCoerce(e: Emitter, x: string, have: CoreType, want: CoreType): string {
  const { code } = e;
  if (have === want) return x;
  if (have === 'i32') return code.bind(js`decodeI32AsFloat(cx.inst, ${x})`);
  if (want === 'f64') return code.bind(js`decodeI64AsFloat(cx.inst, ${x})`);
  const i = code.bind(js`wrapI64ToI32(${x})`);
  return want === 'f32' ? code.bind(js`decodeI32AsFloat(cx.inst, ${i})`) : i;
}
