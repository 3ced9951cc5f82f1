import type { CaseRef, Declaration, LabelledRef, PrimName, TypeDefinition, ValTypeRef } from './definitions.ts';
import type { Reader } from './reader.ts';

const PRIMS: ReadonlyMap<number, PrimName> = new Map<number, PrimName>([
  [0x7f, 'bool'],
  [0x7e, 's8'],
  [0x7d, 'u8'],
  [0x7c, 's16'],
  [0x7b, 'u16'],
  [0x7a, 's32'],
  [0x79, 'u32'],
  [0x78, 's64'],
  [0x77, 'u64'],
  [0x76, 'f32'],
  [0x75, 'f64'],
  [0x74, 'char'],
  [0x73, 'string'],
  [0x64, 'error-context'],
]);

type DecodeDeclaration = (reader: Reader) => Declaration;

/** Source: `deftype`. */
export function decodeTypeDefinition(reader: Reader, decodeDeclaration: DecodeDeclaration): TypeDefinition {
  const opcode = reader.byte();
  const prim = PRIMS.get(opcode);
  if (prim !== undefined) return { kind: 'prim', prim };
  switch (opcode) {
    case 0x41:
      return { kind: 'component', declarations: reader.vec(decodeDeclaration) };
    case 0x42:
      return { kind: 'instance', declarations: reader.vec(decodeDeclaration) };
    default:
      return (DEFINED.get(opcode) ?? unknownType(opcode))(reader);
  }
}

/** The decoders of types, by opcode. Source: `defvaltype`, `functype`, `resourcetype`. */
const DEFINED: ReadonlyMap<number, (reader: Reader) => TypeDefinition> = new Map<
  number,
  (reader: Reader) => TypeDefinition
>([
  [0x72, (reader) => ({ kind: 'record', fields: nonEmpty(reader, reader.vec(decodeLabelled)) })],
  [0x71, (reader) => ({ kind: 'variant', cases: nonEmpty(reader, reader.vec(decodeCase)) })],
  [0x70, (reader) => ({ kind: 'list', element: decodeValType(reader), length: undefined })],
  [0x67, (reader) => ({ kind: 'list', element: decodeValType(reader), length: reader.u32() })],
  [0x6f, (reader) => ({ kind: 'tuple', elements: nonEmpty(reader, reader.vec(decodeValType)) })],
  [0x6e, (reader) => ({ kind: 'flags', labels: decodeFlags(reader) })],
  [0x6d, (reader) => ({ kind: 'enum', labels: nonEmpty(reader, reader.vec(decodeLabel)) })],
  [0x6b, (reader) => ({ kind: 'option', some: decodeValType(reader) })],
  [0x6a, (reader) => ({ kind: 'result', ok: decodeOptional(reader), err: decodeOptional(reader) })],
  [0x69, (reader) => ({ kind: 'own', resource: reader.u32() })],
  [0x68, (reader) => ({ kind: 'borrow', resource: reader.u32() })],
  [0x66, (reader) => ({ kind: 'stream', element: decodeOptional(reader) })],
  [0x65, (reader) => ({ kind: 'future', element: decodeOptional(reader) })],
  [0x63, (reader) => ({ kind: 'map', key: decodeValType(reader), value: decodeValType(reader) })],
  [0x3f, decodeResource],
  [0x40, (reader) => decodeFunc(reader, 'sync')],
  [0x43, (reader) => decodeFunc(reader, 'async')],
]);

function unknownType(opcode: number): (reader: Reader) => never {
  return (reader) => reader.fail(`invalid type 0x${opcode.toString(16)}`);
}

/** A primitive type's opcode, or the index of a defined type. Source: `valtype`. */
function decodeValType(reader: Reader): ValTypeRef {
  const prim = PRIMS.get(reader.peek());
  if (prim === undefined) return { index: reader.index33() };
  reader.byte();
  return { prim };
}

function decodeOptional(reader: Reader): ValTypeRef | undefined {
  const isThere = reader.byte();
  if (isThere > 1) reader.fail('an optional type must begin with 0 or 1');
  return isThere === 1 ? decodeValType(reader) : undefined;
}

function decodeLabel(reader: Reader): string {
  return reader.name();
}

function decodeLabelled(reader: Reader): LabelledRef {
  return { label: reader.name(), type: decodeValType(reader) };
}

function decodeCase(reader: Reader): CaseRef {
  const label = reader.name();
  const type = decodeOptional(reader);
  if (reader.byte() !== 0) reader.fail('a variant case must end with 0');
  return { label, type };
}

function decodeFlags(reader: Reader): string[] {
  const labels = nonEmpty(reader, reader.vec(decodeLabel));
  return labels.length > 32 ? reader.fail('more than 32 flags') : labels;
}

/** The destructor, if any, is the index of a core function. The rep is an `i32`. */
function decodeResource(reader: Reader): TypeDefinition {
  if (reader.byte() !== 0x7f) reader.fail('the rep of a resource must be an i32');
  const hasDestructor = reader.byte();
  if (hasDestructor > 1) reader.fail('an optional destructor must begin with 0 or 1');
  return { kind: 'resource', destructor: hasDestructor === 1 ? reader.u32() : undefined };
}

function decodeFunc(reader: Reader, calling: 'sync' | 'async'): TypeDefinition {
  return { kind: 'func', params: reader.vec(decodeLabelled), result: decodeResult(reader), calling };
}

/** Source: `resultlist`. */
export function decodeResult(reader: Reader): ValTypeRef | undefined {
  const form = reader.byte();
  if (form === 0x00) return decodeValType(reader);
  if (form !== 0x01 || reader.byte() !== 0x00) reader.fail('a function can have at most one result');
  return undefined;
}

function nonEmpty<T>(reader: Reader, items: T[]): T[] {
  return items.length === 0 ? reader.fail('empty record, variant, tuple, flags or enum') : items;
}
