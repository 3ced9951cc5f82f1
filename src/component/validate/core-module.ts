import { getOrInsert } from '../../util/get-or-insert.ts';
import { ByteReader } from '../../wasm/byte-reader.ts';
import { contentOf, readVector } from '../../rewriter/core-module.ts';
import { skipConstantExpression } from '../../rewriter/analyse/references.ts';
import { malformed } from '../../wasm/refusal.ts';
import { SECTION, type Sections, decodeSections } from '../../wasm/sections.ts';
import { readLimits, readValueType } from '../../wasm/types.ts';
import { type CoreTypeTable, decodeCoreTypes } from './decode-core-types.ts';
import {
  type CoreEntity,
  type CoreFuncType,
  type CoreFuncTypes,
  type CoreModuleType,
  isPossible,
} from './core-types.ts';
import { moduleSteps } from './module-steps.ts';
import { shorten } from './print.ts';

/** A module's index spaces, imports first. */
interface Spaces {
  readonly types: CoreTypeTable;
  readonly func: CoreFuncType[];
  readonly table: CoreEntity[];
  readonly memory: CoreEntity[];
  readonly global: CoreEntity[];
  readonly tag: CoreFuncType[];
}

const KINDS = ['func', 'table', 'memory', 'global', 'tag'] as const;
type Kind = (typeof KINDS)[number];

/** Source: core specification's JS API, "Implementation-defined Limits". */
const MAX_FUNCTIONS = 1_000_000;

/**
 * The type of a core module: its imports and exports. Bodies and segments are not read; V8 validates them.
 *
 * `spend` is called first, with the number of steps that this takes.
 */
export function typeOfCoreModule(
  funcTypes: CoreFuncTypes,
  binary: Uint8Array,
  spend?: (steps: number) => void,
): CoreModuleType {
  // Views of a `Buffer` cost more to make than plain ones.
  const bytes = new Uint8Array(binary.buffer, binary.byteOffset, binary.byteLength);
  const sections = decodeSections(new ByteReader(bytes));
  const content = (id: number): ByteReader | undefined => contentOf(bytes, sections, id);
  spend?.(moduleSteps(bytes, sections));
  const types = decodeCoreTypes(funcTypes, content(SECTION.type));
  const spaces: Spaces = { types, func: [], table: [], memory: [], global: [], tag: [] };
  const imports = readImports(content(SECTION.import), spaces);
  readDefined(bytes, sections, spaces);
  return { imports, exports: readExports(content(SECTION.export), spaces) };
}

function readImports(section: ByteReader | undefined, spaces: Spaces): Map<string, Map<string, CoreEntity>> {
  const imports = new Map<string, Map<string, CoreEntity>>();
  readVector(section, (reader) => {
    const start = reader.at;
    const module = reader.name();
    const name = reader.name();
    const entity = readEntity(reader, readKind(reader), spaces);
    const named = getOrInsert(imports, module, () => new Map<string, CoreEntity>());
    if (named.has(name)) throw malformed(`duplicate import "${shorten(module)}" "${shorten(name)}"`, start);
    named.set(name, entity);
    add(spaces, entity);
  });
  return imports;
}

function readKind(reader: ByteReader): Kind {
  return KINDS[reader.byte()] ?? fail(reader, 'unknown kind of import or export');
}

function add(spaces: Spaces, entity: CoreEntity): void {
  if (entity.kind === 'func' || entity.kind === 'tag') spaces[entity.kind].push(entity.type);
  else spaces[entity.kind].push(entity);
}

function readEntity(reader: ByteReader, kind: Kind, { types }: Spaces): CoreEntity {
  switch (kind) {
    case 'func':
      return { kind, type: types.funcAt(reader) };
    case 'tag':
      if (reader.byte() !== 0) return fail(reader, 'unknown tag attribute');
      return { kind, type: types.funcAt(reader) };
    case 'table': {
      const element = types.resolve(readValueType(reader));
      return { kind, element, ...readLimits(reader) };
    }
    case 'memory': {
      const memory = { kind, ...readLimits(reader) } as const;
      return isPossible(memory)
        ? memory
        : fail(reader, 'a memory of more than 65536 pages, or shared without a maximum');
    }
    case 'global':
      break;
  }
  return { kind, type: types.resolve(readValueType(reader)), isMutable: readMutability(reader) };
}

function readMutability(reader: ByteReader): boolean {
  const byte = reader.byte();
  return byte > 1 ? fail(reader, 'unknown mutability of a global') : byte === 1;
}

function readDefined(bytes: Uint8Array, sections: Sections, spaces: Spaces): void {
  const content = (id: number): ByteReader | undefined => contentOf(bytes, sections, id);
  readVector(content(SECTION.function), (reader) => {
    if (spaces.func.push(spaces.types.funcAt(reader)) > MAX_FUNCTIONS)
      fail(reader, `more than ${MAX_FUNCTIONS} functions`);
  });
  readVector(content(SECTION.table), (reader) => {
    const hasValue = reader.bytes[reader.at] === 0x40;
    if (hasValue) reader.skip(2);
    add(spaces, readEntity(reader, 'table', spaces));
    if (hasValue) skipConstantExpression(reader);
  });
  readVector(content(SECTION.memory), (reader) => add(spaces, readEntity(reader, 'memory', spaces)));
  readVector(content(SECTION.tag), (reader) => add(spaces, readEntity(reader, 'tag', spaces)));
  readVector(content(SECTION.global), (reader) => {
    add(spaces, readEntity(reader, 'global', spaces));
    skipConstantExpression(reader);
  });
}

function readExports(section: ByteReader | undefined, spaces: Spaces): Map<string, CoreEntity> {
  const exports = new Map<string, CoreEntity>();
  readVector(section, (reader) => {
    const name = reader.name();
    const kind = readKind(reader);
    const index = reader.u32();
    if (exports.has(name)) fail(reader, `duplicate export "${shorten(name)}"`);
    exports.set(name, entityAt(reader, spaces, { kind, index }));
  });
  return exports;
}

function entityAt(reader: ByteReader, spaces: Spaces, { kind, index }: { kind: Kind; index: number }): CoreEntity {
  if (kind !== 'func' && kind !== 'tag') return spaces[kind][index] ?? fail(reader, `unknown ${kind} ${index}`);
  return { kind, type: spaces[kind][index] ?? fail(reader, `no ${kind} ${index}`) };
}

function fail(reader: ByteReader, complaint: string): never {
  throw malformed(complaint, reader.at);
}
