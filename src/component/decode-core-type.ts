import type {
  CoreExternType,
  CoreFuncDefinition,
  CoreLimits,
  CoreTypeDefinition,
  ModuleDeclaration,
} from './definitions.ts';
import { VALUE_TYPES } from '../wasm/types.ts';
import { decodeCoreAlias } from './decode-alias.ts';
import type { Reader } from './reader.ts';

const FUNC = 0x60;
const MODULE = 0x50;

/** A core function type or module type. Source: `core:type` in component-model `Binary.md`. */
export function decodeCoreType(reader: Reader): CoreTypeDefinition {
  if (reader.peek() !== MODULE) return decodeCoreFunc(reader);
  reader.byte();
  return { kind: 'module', declarations: reader.vec(decodeModuleDeclaration) };
}

function decodeCoreFunc(reader: Reader): CoreFuncDefinition {
  if (reader.byte() !== FUNC) return reader.refuse('a core type other than a function or a module');
  return { kind: 'func', params: decodeCoreValTypes(reader), results: decodeCoreValTypes(reader) };
}

/** The most parameters, and the most results, of a core function. Source: core specification's JS API, "Implementation-defined Limits". */
const MAX_CORE_VALUES = 1000;

function decodeCoreValTypes(reader: Reader): string[] {
  const types = reader.vec(decodeCoreValType);
  return types.length > MAX_CORE_VALUES
    ? reader.fail(`a core function with ${types.length} parameters or results`)
    : types;
}

/** Module types do not nest. Source: `core:moduledecl`. */
function decodeModuleDeclaration(reader: Reader): ModuleDeclaration {
  const opcode = reader.byte();
  switch (opcode) {
    case 0x00:
      return { at: 'import', module: reader.name(), name: reader.name(), type: decodeCoreExternType(reader) };
    case 0x01:
      if (reader.peek() === MODULE) reader.fail('module type inside a module type');
      return { at: 'type', type: decodeCoreFunc(reader) };
    case 0x02:
      return decodeCoreAlias(reader);
    case 0x03:
      return { at: 'export', name: reader.name(), type: decodeCoreExternType(reader) };
    default:
      return reader.fail(`invalid module type declaration 0x${opcode.toString(16)}`);
  }
}

function decodeCoreValType(reader: Reader): string {
  const opcode = reader.byte();
  if (opcode === 0x63 || opcode === 0x64) return reader.refuse('a core type that refers to another');
  return VALUE_TYPES.get(opcode) ?? reader.fail(`invalid core value type 0x${opcode.toString(16)}`);
}

/** Source: `core:importdesc`. */
function decodeCoreExternType(reader: Reader): CoreExternType {
  const kind = reader.byte();
  switch (kind) {
    case 0x00:
      return { kind: 'func', type: reader.u32() };
    case 0x01:
      return { kind: 'table', element: decodeCoreValType(reader), limits: decodeLimits(reader).limits };
    case 0x02:
      return { kind: 'memory', ...decodeLimits(reader) };
    case 0x03:
      return { kind: 'global', type: decodeCoreValType(reader), isMutable: decodeMutability(reader) };
    case 0x04:
      if (reader.byte() !== 0) reader.fail('the attribute of a tag must be 0');
      return { kind: 'tag', type: reader.u32() };
    default:
      return reader.fail(`invalid kind of core import or export 0x${kind.toString(16)}`);
  }
}

function decodeMutability(reader: Reader): boolean {
  const byte = reader.byte();
  return byte > 1 ? reader.refuse('a shared global') : byte === 1;
}

const HAS_MAXIMUM = 1;
const SHARED = 2;

function decodeLimits(reader: Reader): { readonly limits: CoreLimits; readonly isShared: boolean } {
  const flags = reader.byte();
  if (flags > (HAS_MAXIMUM | SHARED)) reader.refuse(`limits with flags 0x${flags.toString(16)}`);
  const initial = reader.u32();
  const maximum = (flags & HAS_MAXIMUM) === 0 ? undefined : reader.u32();
  if (maximum !== undefined && maximum < initial) reader.fail('maximum below the minimum');
  return { limits: { initial, maximum }, isShared: (flags & SHARED) !== 0 };
}
