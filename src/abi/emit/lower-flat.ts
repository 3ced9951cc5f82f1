import { casesOf, fieldsOf, type Kind, type RecordLike, type TypeOf } from '../despecialize.ts';
import { flattenType, flattenVariant } from '../flatten.ts';
import type { CoreType, ValType } from '../types.ts';
import type { Emitter } from './emitter.ts';
import {
  type CaseTagged,
  emitCheckRep,
  emitCheckType,
  emitFieldValue,
  emitMatchCase,
  emitMatchLabel,
  emitPackFlags,
  emitStoreListIntoRange,
  emitStoreString,
} from './store.ts';
import { type Code, js } from './code-writer.ts';

/** Emits code that lowers the value named `v`; returns the names of its flat values. Its twin is `lowerFlat`. */
export function emitLowerFlat(e: Emitter, t: ValType, v: string): readonly string[] {
  const emitKind: (e: Emitter, v: string, t: never) => readonly string[] = LOWERERS[t.kind];
  return emitKind(e, v, t as never);
}

type Lowerers = { readonly [K in Kind]: (e: Emitter, v: string, t: TypeOf<K>) => readonly string[] };

const LOWERERS: Lowerers = {
  bool: (e, v) => [e.code.bind(js`isTrue(${v})`)],
  u8: (e, v) => [emitNumber(e, v, js`${v} & 255`)],
  u16: (e, v) => [emitNumber(e, v, js`${v} & 65535`)],
  u32: (e, v) => [emitNumber(e, v, js`${v} | 0`)],
  u64: (e, v) => {
    emitCheckType(e, v, 'bigint');
    return [e.code.bind(js`BigInt.asIntN(64, ${v})`)];
  },
  s8: (e, v) => [emitNumber(e, v, js`(${v} << 24) >> 24`)],
  s16: (e, v) => [emitNumber(e, v, js`(${v} << 16) >> 16`)],
  s32: (e, v) => [emitNumber(e, v, js`${v} | 0`)],
  s64: (e, v) => {
    emitCheckType(e, v, 'bigint');
    return [e.code.bind(js`BigInt.asIntN(64, ${v})`)];
  },
  f32: (e, v) => [emitNumber(e, v, js`canonicalizeNan(Math.fround(${v}))`)],
  f64: (e, v) => [emitNumber(e, v, js`canonicalizeNan(${v})`)],
  char: (e, v) => [e.code.bind(js`charToI32(${v})`)],
  string: (e, v) => emitLowerRange(e, emitStoreString(e, v)),
  list: emitLowerFlatList,
  record: emitLowerFlatRecord,
  tuple: emitLowerFlatRecord,
  variant: emitLowerFlatVariant,
  enum: (e, v, t) => [emitMatchLabel(e, t.labels, v)],
  option: emitLowerFlatVariant,
  result: emitLowerFlatVariant,
  flags: (e, v, t) => [emitPackFlags(e, v, t.labels)],
  own: (e, v, t) => [e.code.bind(js`lowerOwn(cx, ${v}, ${emitCheckRep(e, v, t.resource)})`)],
  borrow: (e, v, t) => [e.code.bind(js`lowerBorrow(cx, ${v}, ${emitCheckRep(e, v, t.resource)})`)],
};

function emitNumber(e: Emitter, v: string, flat: Code): string {
  emitCheckType(e, v, 'number');
  return e.code.bind(flat);
}

function emitLowerRange(e: Emitter, begin: string): readonly string[] {
  return [e.code.bind(js`${begin} | 0`), e.code.bind(js`cx.lengthStored | 0`)];
}

function emitLowerFlatList(e: Emitter, v: string, t: TypeOf<'list'>): readonly string[] {
  const { code } = e;
  if (t.length === undefined) return emitLowerRange(e, emitStoreListIntoRange(e, v, t.element));
  code.line(js`lengthOf(${v}, ${t.length});`);
  return Array.from({ length: t.length }, (_, i) => emitLowerFlat(e, t.element, code.bind(js`${v}[${i}]`))).flat();
}

function emitLowerFlatRecord(e: Emitter, v: string, t: RecordLike): readonly string[] {
  return fieldsOf(t).flatMap((field, i) => emitLowerFlat(e, field.type, emitFieldValue(e, t, v, i)));
}

function emitLowerFlatVariant(e: Emitter, v: string, t: CaseTagged): readonly string[] {
  const { code } = e;
  const cases = casesOf(t);
  const [, ...wants] = flattenVariant(cases);
  const discriminant = code.fresh();
  const payload = wants.map(() => code.fresh());
  code.line(js`let ${discriminant} = 0;`);
  for (const [i, want] of wants.entries()) emitZero(e, payload[i] ?? '', want);
  emitMatchCase(e, t, v, (index, value) => {
    code.line(js`${discriminant} = ${index};`);
    const type = cases[index]?.type;
    const haves = type === undefined ? [] : flattenType(type);
    const flats = type === undefined ? [] : emitLowerFlat(e, type, value);
    for (const [i, have] of haves.entries()) {
      const coerced = emitCoerce(e, flats[i] ?? '', have, wants[i] ?? have);
      code.line(js`${payload[i] ?? ''} = ${coerced};`);
    }
  });
  return [discriminant, ...payload];
}

/** Emits the zero of a position that a case does not use. */
function emitZero(e: Emitter, name: string, want: CoreType): void {
  if (want === 'i64') e.code.line(js`let ${name} = 0n;`);
  else e.code.line(js`let ${name} = 0;`);
}

/** The name of a flat value of one case, converted to the type that all cases share. */
function emitCoerce(e: Emitter, x: string, have: CoreType, want: CoreType): string {
  const { code } = e;
  if (have === want) return x;
  if (have === 'f64') return code.bind(js`encodeFloatAsI64(cx.inst, ${x})`);
  const i = have === 'f32' ? code.bind(js`encodeFloatAsI32(cx.inst, ${x})`) : x;
  return want === 'i64' ? code.bind(js`BigInt(${i} >>> 0)`) : i;
}
