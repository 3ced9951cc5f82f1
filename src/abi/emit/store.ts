import { isBulk } from '../bulk.ts';
import { casesOf, fieldsOf, type Kind, type RecordLike, type TypeOf, type VariantLike } from '../despecialize.ts';
import { alignment, discriminantSize, elemSize, elemSizeFlags, fieldOffsets, payloadOffset } from '../layout.ts';
import { isTaggedOption, toKey } from '../shape.ts';
import type { ResourceType, ValType } from '../types.ts';
import { type Emitter, isLarge } from './emitter.ts';
import { placeAddress, behind, type Place } from './load.ts';
import { js, type CodePiece } from './code-writer.ts';

const UNSIGNED_SETTERS = { 1: 'setUint8', 2: 'setUint16', 4: 'setUint32' } as const;

/** Emits code that stores the value named `v` at `place`. Its twin is `store`. */
export function emitStore(e: Emitter, t: ValType, v: string, place: Place): void {
  if (isLarge(t)) emitStoreCall(e, t, v, place);
  else emitStoreInline(e, t, v, place);
}

/** Stores with a function, which is written at its first use. */
function emitStoreCall(e: Emitter, t: ValType, v: string, place: Place): void {
  let name = e.storers.get(t);
  if (name === undefined) {
    name = e.code.fresh();
    e.storers.set(t, name);
    e.code.func(name, ['cx', 'v', 'ptr'], () => {
      e.code.line(js`let view = cx.memory.view;`);
      emitStoreInline(e, t, 'v', { ptr: 'ptr', offset: 0 });
    });
  }
  e.code.line(js`${name}(cx, ${v}, ${placeAddress(place)});`);
  emitRefreshView(e);
}

/** Must follow anything that may have called the guest's `realloc`, which may have grown the memory. */
function emitRefreshView(e: Emitter): void {
  e.code.line(js`view = cx.memory.view;`);
}

function emitStoreInline(e: Emitter, t: ValType, v: string, place: Place): void {
  const emitKind: Storer<never> = STORERS[t.kind];
  emitKind(e, v, place, t as never);
}

type Storer<K extends Kind> = (e: Emitter, v: string, place: Place, t: TypeOf<K>) => void;

const STORERS: { readonly [K in Kind]: Storer<K> } = {
  bool: (e, v, place) => e.code.line(js`view.setUint8(${placeAddress(place)}, isTrue(${v}));`),
  u8: emitSet('setUint8'),
  u16: emitSet('setUint16'),
  u32: emitSet('setUint32'),
  u64: emitSet('setBigInt64', 'bigint'),
  s8: emitSet('setUint8'),
  s16: emitSet('setUint16'),
  s32: emitSet('setUint32'),
  s64: emitSet('setBigInt64', 'bigint'),
  f32: (e, v, place) => {
    emitCheckType(e, v, 'number');
    e.code.line(js`storeF32(view, ${placeAddress(place)}, ${v});`);
  },
  f64: (e, v, place) => {
    emitCheckType(e, v, 'number');
    e.code.line(js`storeF64(view, ${placeAddress(place)}, ${v});`);
  },
  char: (e, v, place) => e.code.line(js`view.setInt32(${placeAddress(place)}, charToI32(${v}), true);`),
  string: (e, v, place) => emitStoreRange(e, emitStoreString(e, v), place),
  list: emitStoreList,
  record: emitStoreRecord,
  tuple: emitStoreRecord,
  variant: emitStoreVariant,
  enum: (e, v, place, t) => emitStoreUnsigned(e, emitMatchLabel(e, t.labels, v), place, discriminantSize(casesOf(t))),
  option: emitStoreVariant,
  result: emitStoreVariant,
  flags: (e, v, place, t) => emitStoreUnsigned(e, emitPackFlags(e, v, t.labels), place, elemSizeFlags(t.labels)),
  own: (e, v, place, t) => emitStoreUnsigned(e, js`lowerOwn(cx, ${v}, ${emitCheckRep(e, v, t.resource)})`, place, 4),
  borrow: (e, v, place, t) =>
    emitStoreUnsigned(e, js`lowerBorrow(cx, ${v}, ${emitCheckRep(e, v, t.resource)})`, place, 4),
};

/** Checks that the host passed a number. Its twins are `checkNumber` and `checkBigInt`. */
export function emitCheckType({ code }: Emitter, v: string, type: 'number' | 'bigint'): void {
  code.line(js`if (typeof ${v} !== ${{ json: type }}) throwNotNumber(${v}, ${{ json: type }});`);
}

/** Checks that the host passed a rep of the resource; returns the name of its type. Its twin is `checkRep`. */
export function emitCheckRep({ code }: Emitter, v: string, resource: ResourceType): string {
  const type = code.slot(resource);
  const { repClass } = resource;
  if (repClass !== undefined) code.line(js`if (!(${v} instanceof ${code.slot(repClass)})) throwNotRep(${type});`);
  return type;
}

/** For kinds that only need a setter of the view. */
function emitSet(setter: string, type: 'number' | 'bigint' = 'number'): Storer<Kind> {
  return (e, v, place) => {
    emitCheckType(e, v, type);
    e.code.line(js`view.${setter}(${placeAddress(place)}, ${v}, true);`);
  };
}

function emitStoreUnsigned(e: Emitter, v: CodePiece, place: Place, byteLength: 1 | 2 | 4): void {
  e.code.line(js`view.${UNSIGNED_SETTERS[byteLength]}(${placeAddress(place)}, ${v}, true);`);
}

/** The name of the pointer to a stored string; `cx.lengthStored` is the length. */
export function emitStoreString(e: Emitter, v: string): string {
  const begin = e.code.bind(js`storeString(cx, ${v})`);
  emitRefreshView(e);
  return begin;
}

function emitStoreRange(e: Emitter, begin: string, place: Place): void {
  e.code.line(js`view.setUint32(${placeAddress(place)}, ${begin}, true);`);
  e.code.line(js`view.setUint32(${placeAddress(behind(place, 4))}, cx.lengthStored, true);`);
}

function emitStoreList(e: Emitter, v: string, place: Place, t: TypeOf<'list'>): void {
  if (t.length === undefined) return emitStoreRange(e, emitStoreListIntoRange(e, v, t.element), place);
  const length = e.code.bind(js`lengthOf(${v}, ${t.length})`);
  const begin = e.code.bind(placeAddress(place));
  return emitStoreListIntoValidRange(e, v, { begin, length }, t.element);
}

/** The name of the pointer to a stored list; `cx.lengthStored` is the length. */
export function emitStoreListIntoRange(e: Emitter, v: string, element: ValType): string {
  const { code } = e;
  const length = code.bind(js`lengthOf(${v})`);
  const begin = code.bind(js`allocateList(cx, ${length} * ${elemSize(element)}, ${alignment(element)})`);
  emitRefreshView(e);
  emitStoreListIntoValidRange(e, v, { begin, length }, element);
  code.line(js`cx.lengthStored = ${length};`);
  return begin;
}

/** The names of a list's pointer and length. */
interface ListRange {
  readonly begin: string;
  readonly length: string;
}

function emitStoreListIntoValidRange(e: Emitter, v: string, { begin, length }: ListRange, element: ValType): void {
  const { code } = e;
  if (element.kind === 'u8') return code.line(js`cx.memory.bytes.set(${v}, ${begin});`);
  if (isBulk(element.kind)) return code.line(js`storeBulk(cx.memory, ${{ json: element.kind }}, ${begin}, ${v});`);
  const i = code.fresh();
  const ptr = code.fresh();
  code.line(js`for (let ${i} = 0, ${ptr} = ${begin}; ${i} < ${length}; ${i}++, ${ptr} += ${elemSize(element)}) {`);
  emitStore(e, element, code.bind(js`${v}[${i}]`), { ptr, offset: 0 });
  return code.line(js`}`);
}

function emitStoreRecord(e: Emitter, v: string, place: Place, t: RecordLike): void {
  const fields = fieldsOf(t);
  const offsets = fieldOffsets(fields);
  for (const [i, field] of fields.entries()) {
    emitStore(e, field.type, emitFieldValue(e, t, v, i), behind(place, offsets[i] ?? 0));
  }
}

/** The name of the value of a record's or tuple's field. */
export function emitFieldValue(e: Emitter, t: RecordLike, v: string, index: number): string {
  if (t.kind === 'tuple') return e.code.bind(js`${v}[${index}]`);
  return e.code.bind(js`${v}[${{ json: toKey(t.fields[index]?.label ?? '') }}]`);
}

function emitStoreVariant(e: Emitter, v: string, place: Place, t: CaseTagged): void {
  const cases = casesOf(t);
  emitMatchCase(e, t, v, (index, value) => {
    emitStoreUnsigned(e, index, place, discriminantSize(cases));
    const type = cases[index]?.type;
    if (type !== undefined) emitStore(e, type, value, behind(place, payloadOffset(cases)));
  });
}

/** The name of the index of an enum's label. */
export function emitMatchLabel(e: Emitter, labels: readonly string[], v: string): string {
  const indices = e.code.slot(new Map(labels.map((label, i) => [label, i])));
  const index = e.code.bind(js`${indices}.get(${v})`);
  e.code.line(js`if (${index} === undefined) throwNoCase(${v});`);
  return index;
}

/** The types whose cases can carry a value. */
export type CaseTagged = Exclude<VariantLike, { kind: 'enum' }>;

/** Emits, for each case of `v`, the code that `lower` writes: it receives the case's index and the name of its payload. */
export function emitMatchCase(
  e: Emitter,
  t: CaseTagged,
  v: string,
  lower: (index: number, value: string) => void,
): void {
  const { code } = e;
  if (t.kind === 'option' && !isTaggedOption(t)) {
    code.line(js`if (isNone(${v})) {`);
    lower(0, 'undefined');
    code.line(js`} else {`);
    lower(1, v);
    return code.line(js`}`);
  }
  code.line(js`switch (${v}.tag) {`);
  for (const [i, c] of casesOf(t).entries()) {
    code.line(js`case ${{ json: c.label }}: {`);
    lower(i, c.type === undefined ? 'undefined' : code.bind(js`${v}.val`));
    code.line(js`break; }`);
  }
  return code.line(js`default: throwNoCase(${v}.tag); }`);
}

/** The name of an integer with a bit for each flag. */
export function emitPackFlags(e: Emitter, v: string, labels: readonly string[]): string {
  const bits = e.code.fresh();
  e.code.line(js`let ${bits} = 0;`);
  for (const [i, label] of labels.entries()) {
    e.code.line(js`if (${v}[${{ json: toKey(label) }}]) ${bits} |= ${1 << i};`);
  }
  return bits;
}
