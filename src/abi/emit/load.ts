import { isBulk } from '../bulk.ts';
import { elementCost } from '../cost.ts';
import { casesOf, fieldsOf, type Kind, type RecordLike, type TypeOf, type VariantLike } from '../despecialize.ts';
import { alignment, discriminantSize, elemSize, elemSizeFlags, fieldOffsets, payloadOffset } from '../layout.ts';
import { isTaggedOption, toKey } from '../shape.ts';
import type { ValType } from '../types.ts';
import { type Emitter, isLarge } from './emitter.ts';
import { type Code, js } from './code-writer.ts';

/** A place in memory: the name of a pointer, and an offset from it. */
export interface Place {
  readonly ptr: string;
  readonly offset: number;
}

const UNSIGNED_GETTERS = { 1: 'getUint8', 2: 'getUint16', 4: 'getUint32' } as const;

/** Emits code that loads a `t` at `place`; returns the name of the value. Its twin is `load`. */
export function emitLoad(e: Emitter, t: ValType, place: Place): string {
  return isLarge(t) ? emitLoadCall(e, t, place) : emitLoadInline(e, t, place);
}

/** Loads with a function, which is written at its first use. */
function emitLoadCall(e: Emitter, t: ValType, place: Place): string {
  let name = e.loaders.get(t);
  if (name === undefined) {
    name = e.code.fresh();
    e.loaders.set(t, name);
    e.code.func(name, ['cx', 'view', 'ptr'], () => {
      const value = emitLoadInline(e, t, { ptr: 'ptr', offset: 0 });
      e.code.line(js`return ${value};`);
    });
  }
  return e.code.bind(js`${name}(cx, view, ${placeAddress(place)})`);
}

function emitLoadInline(e: Emitter, t: ValType, place: Place): string {
  const emitKind: Loader<never> = LOADERS[t.kind];
  return emitKind(e, place, t as never);
}

type Loader<K extends Kind> = (e: Emitter, place: Place, t: TypeOf<K>) => string;

const LOADERS: { readonly [K in Kind]: Loader<K> } = {
  bool: (e, place) => e.code.bind(js`view.getUint8(${placeAddress(place)}) !== 0`),
  u8: emitGet('getUint8'),
  u16: emitGet('getUint16'),
  u32: emitGet('getUint32'),
  u64: emitGet('getBigUint64'),
  s8: emitGet('getInt8'),
  s16: emitGet('getInt16'),
  s32: emitGet('getInt32'),
  s64: emitGet('getBigInt64'),
  f32: (e, place) => e.code.bind(js`canonicalizeNan(view.getFloat32(${placeAddress(place)}, true))`),
  f64: (e, place) => e.code.bind(js`canonicalizeNan(view.getFloat64(${placeAddress(place)}, true))`),
  char: (e, place) => e.code.bind(js`convertI32ToChar(${int32(place)})`),
  string: (e, place) => e.code.bind(js`loadString(cx, ${int32(place)}, ${int32(behind(place, 4))})`),
  list: emitLoadList,
  record: emitLoadRecord,
  tuple: emitLoadRecord,
  variant: emitLoadVariant,
  enum: emitLoadVariant,
  option: emitLoadVariant,
  result: emitLoadVariant,
  flags: (e, place, t) => emitUnpackFlags(e, emitLoadUnsigned(e, place, elemSizeFlags(t.labels)), t.labels),
  own: (e, place, t) => e.code.bind(js`liftOwn(cx, ${int32(place)}, ${e.code.slot(t.resource)})`),
  borrow: (e, place, t) => e.code.bind(js`liftBorrow(cx, ${int32(place)}, ${e.code.slot(t.resource)})`),
};

/** For kinds that only need a getter of the view. */
function emitGet(getter: string): Loader<Kind> {
  return (e, place) => e.code.bind(js`view.${getter}(${placeAddress(place)}, true)`);
}

/** The address of a place. */
export function placeAddress({ ptr, offset }: Place): Code {
  return js`${ptr} + ${offset}`;
}

/** The place `byteLength` further on. */
export function behind({ ptr, offset }: Place, byteLength: number): Place {
  return { ptr, offset: offset + byteLength };
}

function int32(place: Place): Code {
  return js`view.getInt32(${placeAddress(place)}, true)`;
}

function emitLoadUnsigned(e: Emitter, place: Place, byteLength: 1 | 2 | 4): string {
  return e.code.bind(js`view.${UNSIGNED_GETTERS[byteLength]}(${placeAddress(place)}, true)`);
}

function emitLoadList(e: Emitter, place: Place, t: TypeOf<'list'>): string {
  const { code } = e;
  if (t.length === undefined) {
    const begin = emitLoadUnsigned(e, place, 4);
    const length = emitLoadUnsigned(e, behind(place, 4), 4);
    return emitLoadListFromRange(e, begin, length, t.element);
  }
  code.line(js`cx.charge(${t.length * elementCost(t.element)});`);
  const begin = code.bind(placeAddress(place));
  const length = code.bind(js`${t.length}`);
  return emitLoadListFromValidRange(e, begin, length, t.element);
}

/** For a list whose pointer and length are named `begin` and `length`; both are unsigned. */
export function emitLoadListFromRange(e: Emitter, begin: string, length: string, element: ValType): string {
  e.code.line(js`checkListRange(cx, ${begin}, ${length} * ${elemSize(element)}, ${alignment(element)});`);
  e.code.line(js`cx.charge(${length} * ${elementCost(element)});`);
  return emitLoadListFromValidRange(e, begin, length, element);
}

function emitLoadListFromValidRange(e: Emitter, begin: string, length: string, element: ValType): string {
  const { code } = e;
  if (element.kind === 'u8') return code.bind(js`loadBytes(cx.memory, ${begin}, ${length})`);
  if (isBulk(element.kind)) return code.bind(js`loadBulk(cx.memory, ${{ json: element.kind }}, ${begin}, ${length})`);
  const values = code.bind(js`new Array(${length})`);
  const i = code.fresh();
  const ptr = code.fresh();
  code.line(js`for (let ${i} = 0, ${ptr} = ${begin}; ${i} < ${length}; ${i}++, ${ptr} += ${elemSize(element)}) {`);
  const value = emitLoad(e, element, { ptr, offset: 0 });
  code.line(js`${values}[${i}] = ${value}; }`);
  return values;
}

function emitLoadRecord(e: Emitter, place: Place, t: RecordLike): string {
  const fields = fieldsOf(t);
  const offsets = fieldOffsets(fields);
  const values = fields.map((field, i) => emitLoad(e, field.type, behind(place, offsets[i] ?? 0)));
  return emitRecordValue(e, t, values);
}

/** Makes the JavaScript value of a record or tuple from the names of its fields' values. */
export function emitRecordValue(e: Emitter, t: RecordLike, values: readonly string[]): string {
  if (t.kind === 'tuple') return e.code.bind(js`[${values}]`);
  return e.code.bind(js`${{ object: t.fields.map((field, i) => [toKey(field.label), values[i] ?? '']) }}`);
}

function emitLoadVariant(e: Emitter, place: Place, t: VariantLike): string {
  const cases = casesOf(t);
  const caseIndex = emitLoadUnsigned(e, place, discriminantSize(cases));
  const payload = behind(place, payloadOffset(cases));
  return emitCases(e, t, caseIndex, (type) => emitLoad(e, type, payload));
}

/** Makes the JavaScript value for the case whose index is named `caseIndex`; `lift` emits code that reads its payload. */
export function emitCases(e: Emitter, t: VariantLike, caseIndex: string, lift: (type: ValType) => string): string {
  const { code } = e;
  if (t.kind === 'enum') {
    code.line(js`if (${caseIndex} >= ${t.labels.length}) trapNoCase(${caseIndex}, ${t.labels.length});`);
    return code.bind(js`${code.slot(t.labels)}[${caseIndex}]`);
  }
  const value = code.fresh();
  const cases = casesOf(t);
  code.line(js`let ${value}; switch (${caseIndex}) {`);
  for (const [i, c] of cases.entries()) {
    code.line(js`case ${i}: {`);
    const payload = c.type === undefined ? 'undefined' : lift(c.type);
    if (t.kind === 'option' && !isTaggedOption(t)) code.line(js`${value} = ${payload};`);
    else code.line(js`${value} = { tag: ${{ json: c.label }}, val: ${payload} };`);
    code.line(js`break; }`);
  }
  code.line(js`default: trapNoCase(${caseIndex}, ${cases.length}); }`);
  return value;
}

/** Makes the object of flags from the name of an integer with a bit for each. */
export function emitUnpackFlags(e: Emitter, bits: string, labels: readonly string[]): string {
  const flags = labels.map((label, i): [string, string] => [
    toKey(label),
    e.code.bind(js`(${bits} & ${1 << i}) !== 0`),
  ]);
  return e.code.bind(js`${{ object: flags }}`);
}
