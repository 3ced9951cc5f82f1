import type { CoreInlineExport, CoreInstanceExpr, Definition, InstanceExpr, NamedRef } from './definitions.ts';
import { decodeCoreSort, decodeExternName, decodeExternType, decodeSortIndex } from './decode-sort.ts';
import type { Reader } from './reader.ts';

const CORE_SORT_INSTANCE = 0x12;

/** Source: `core:instanceexpr`. */
export function decodeCoreInstanceExpr(reader: Reader): CoreInstanceExpr {
  const opcode = reader.byte();
  if (opcode === 0x00) return { by: 'instantiate', module: reader.u32(), args: reader.vec(decodeCoreArg) };
  if (opcode === 0x01) return { by: 'exports', exports: reader.vec(decodeCoreInlineExport) };
  return reader.fail(`invalid core instance 0x${opcode.toString(16)}`);
}

function decodeCoreArg(reader: Reader): { readonly name: string; readonly instance: number } {
  const name = reader.name();
  if (reader.byte() !== CORE_SORT_INSTANCE) reader.fail('a core module can only be instantiated with instances');
  return { name, instance: reader.u32() };
}

function decodeCoreInlineExport(reader: Reader): CoreInlineExport {
  return { name: reader.name(), sort: decodeCoreSort(reader), index: reader.u32() };
}

/** Source: `instanceexpr`. */
export function decodeInstanceExpr(reader: Reader): InstanceExpr {
  const opcode = reader.byte();
  if (opcode === 0x00) return { by: 'instantiate', component: reader.u32(), args: reader.vec(decodeArg) };
  if (opcode === 0x01) return { by: 'exports', exports: reader.vec(decodeInlineExport) };
  return reader.fail(`invalid instance 0x${opcode.toString(16)}`);
}

function decodeArg(reader: Reader): NamedRef {
  return { name: reader.name(), ref: decodeSortIndex(reader) };
}

function decodeInlineExport(reader: Reader): NamedRef {
  return { ...decodeExternName(reader), ref: decodeSortIndex(reader) };
}

/** Source: `import`. */
export function decodeImport(reader: Reader): Omit<Definition & { at: 'import' }, 'offset'> {
  return { at: 'import', ...decodeExternName(reader), type: decodeExternType(reader) };
}

/** Source: `export`. */
export function decodeExport(reader: Reader): Omit<Definition & { at: 'export' }, 'offset'> {
  const name = decodeExternName(reader);
  const ref = decodeSortIndex(reader);
  const isAscribed = reader.byte();
  if (isAscribed > 1) reader.fail('an optional type must begin with 0 or 1');
  return { at: 'export', ...name, ref, type: isAscribed === 1 ? decodeExternType(reader) : undefined };
}
