import type { ByteReader } from './byte-reader.ts';
import { malformed, notSupported } from './refusal.ts';

/** How many params and results a function has. */
export type FunctionArity = { readonly params: number; readonly results: number };

/** The positions of the value types of params and results, and their numbers. */
export type FunctionType = FunctionArity & {
  readonly paramsAt: number;
  readonly paramsEnd: number;
  readonly resultsAt: number;
  readonly resultsEnd: number;
};

/** The sizes of a memory in 64 KiB pages, or of a table in elements. */
export type SizeLimits = { readonly initial: number; readonly maximum: number | undefined };

const FUNC = 0x60;
const STRUCT = 0x5f;
const ARRAY = 0x5e;
const SUB = 0x50;
const SUB_FINAL = 0x4f;
const REC = 0x4e;

/** The names of one-byte value types, as the text format has them. Source: core specification 3.0, 5.3. */
export const VALUE_TYPES: ReadonlyMap<number, string> = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
  [0x70, 'funcref'],
  [0x6f, 'externref'],
  [0x6e, 'anyref'],
  [0x6d, 'eqref'],
  [0x6c, 'i31ref'],
  [0x6b, 'structref'],
  [0x6a, 'arrayref'],
  [0x69, 'exnref'],
]);

/** Those of fields, and of references to nothing, which no component declares. */
const MORE_TYPES: ReadonlyMap<number, string> = new Map([
  [0x78, 'i8'],
  [0x77, 'i16'],
  [0x74, 'nullexnref'],
  [0x73, 'nullfuncref'],
  [0x72, 'nullexternref'],
  [0x71, 'nullref'],
]);

/** The types of a module, by type index. A number stands for a type that is not a function's: its number of fields. */
export function decodeTypes(reader: ByteReader): (FunctionType | number)[] {
  const types: (FunctionType | number)[] = [];
  for (let rest = reader.count(); rest > 0; rest--) {
    if (reader.bytes[reader.at] !== REC) {
      types.push(readSubType(reader));
      continue;
    }
    reader.skip(1);
    for (let members = reader.count(); members > 0; members--) types.push(readSubType(reader));
  }
  return types;
}

function readSubType(reader: ByteReader): FunctionType | number {
  const form = reader.bytes[reader.at];
  if (form === SUB || form === SUB_FINAL) {
    reader.skip(1);
    for (let supertypes = reader.count(); supertypes > 0; supertypes--) reader.u32();
  }
  const start = reader.at;
  const composite = reader.byte();
  if (composite === FUNC) return readFunctionType(reader);
  if (composite !== STRUCT && composite !== ARRAY) {
    throw notSupported(`a type with form 0x${composite.toString(16)}`, start);
  }
  const fields = composite === STRUCT ? reader.count() : 1;
  for (let rest = fields; rest > 0; rest--) skipField(reader);
  return fields;
}

function readFunctionType(reader: ByteReader): FunctionType {
  const params = reader.count();
  const paramsAt = reader.at;
  skipValueTypes(reader, params);
  const paramsEnd = reader.at;
  const results = reader.count();
  const resultsAt = reader.at;
  skipValueTypes(reader, results);
  return { params, results, paramsAt, paramsEnd, resultsAt, resultsEnd: reader.at };
}

function skipValueTypes(reader: ByteReader, count: number): void {
  for (let rest = count; rest > 0; rest--) readValueType(reader);
}

function skipField(reader: ByteReader): void {
  readValueType(reader);
  reader.byte();
}

/** Skips a value type. Returns its name in the text format; a concrete reference is `ref 5` or `ref null 5`. */
export function readValueType(reader: ByteReader): string {
  const start = reader.at;
  const byte = reader.byte();
  if (byte === 0x63 || byte === 0x64) {
    const heapType = reader.s32();
    const target = heapType < 0 ? (nameOf(heapType & 0x7f) ?? `${heapType}`) : `${heapType}`;
    return byte === 0x63 ? `ref null ${target}` : `ref ${target}`;
  }
  const name = nameOf(byte);
  if (name === undefined) throw notSupported(`the value type 0x${byte.toString(16)}`, start);
  return name;
}

function nameOf(byte: number): string | undefined {
  return VALUE_TYPES.get(byte) ?? MORE_TYPES.get(byte);
}

const HAS_MAXIMUM = 1;
const SHARED = 2;

/** Skips the limits of a memory or a table. Refuses 64-bit limits and other page sizes. */
export function readLimits(reader: ByteReader): { limits: SizeLimits; isShared: boolean } {
  const start = reader.at;
  const flags = reader.byte();
  if ((flags & 0x04) !== 0) throw notSupported('memory64 (a memory or table with 64-bit addresses)', start);
  if (flags > 3) throw notSupported(`limits with flags 0x${flags.toString(16)}`, start);
  const initial = reader.u32();
  const maximum = (flags & HAS_MAXIMUM) === 0 ? undefined : reader.u32();
  if (maximum !== undefined && maximum < initial) throw malformed('maximum below the minimum', start);
  return { limits: { initial, maximum }, isShared: (flags & SHARED) !== 0 };
}
