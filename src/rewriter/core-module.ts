import { ByteReader } from '../wasm/byte-reader.ts';
import { malformed } from '../wasm/refusal.ts';
import { readReferences, skipConstantExpression } from './analyse/references.ts';
import { decodeSections, SECTION, type Section, type Sections } from '../wasm/sections.ts';
import { decodeTypes, readLimits, readValueType, type FunctionType, type SizeLimits } from '../wasm/types.ts';

/** The module name and name of an import. */
export type ImportName = { readonly module: string; readonly name: string };

export type MemoryType = { readonly limits: SizeLimits; readonly isShared: boolean };
/** A table type, with the positions of its element type and limits. */
export type TableType = {
  readonly element: string;
  readonly elementAt: number;
  readonly limits: SizeLimits;
  readonly limitsAt: number;
  readonly limitsEnd: number;
};
export type GlobalType = { readonly type: string; readonly isMutable: boolean };

/** An imported function, with the position of its type index. */
export type FunctionImport = ImportName & { readonly type: number; readonly typeAt: number; readonly typeEnd: number };

type Declared<Type> = Type & {
  readonly index: number;
  /** `undefined` if the module defines it. */
  readonly imported: ImportName | undefined;
};

/** What the rewriter knows about a module, besides its function bodies. */
export type CoreModule = {
  readonly bytes: Uint8Array;
  readonly sections: Sections;
  /** Function types by type index; `undefined` for other types. */
  readonly types: readonly (FunctionType | undefined)[];
  /** By type index: the number of fields of a struct; 1 for an array, 0 for a function. */
  readonly fieldCounts: readonly number[];
  /** The type index of each function, by function index. */
  readonly functionTypes: readonly number[];
  readonly functionImports: readonly FunctionImport[];
  readonly importedFunctionCount: number;
  readonly memories: readonly Declared<MemoryType>[];
  readonly tables: readonly Declared<TableType>[];
  readonly globals: readonly Declared<GlobalType>[];
  /** The type index of each tag, by tag index. */
  readonly tags: readonly number[];
  readonly exportNames: ReadonlySet<string>;
  /** The indices of exported items. */
  readonly exported: Readonly<Record<'functions' | 'tables' | 'globals', ReadonlySet<number>>>;
  readonly startFunction: number | undefined;
  /** The functions that are referred to outside bodies: exported, started, in elements or initial values. Bodies can only take references to these. */
  readonly references: ReadonlySet<number>;
};

type Draft = {
  functionImports: FunctionImport[];
  functionTypes: number[];
  memories: Declared<MemoryType>[];
  tables: Declared<TableType>[];
  globals: Declared<GlobalType>[];
  tags: number[];
  references: Set<number>;
};

/** By the kind byte of an export; memories and tags are not needed. */
const EXPORT_KINDS = ['functions', 'tables', undefined, 'globals'] as const;

/** Decodes a core module, except for its bodies and data. Throws `HostError` if it is malformed or not supported. */
export function decodeCoreModule(binary: Uint8Array): CoreModule {
  // Views of a `Buffer` cost more to make than plain ones.
  const bytes = new Uint8Array(binary.buffer, binary.byteOffset, binary.byteLength);
  const sections = decodeSections(new ByteReader(bytes));
  const content = (id: number) => contentOf(bytes, sections, id);
  const draft: Draft = {
    functionImports: [],
    functionTypes: [],
    memories: [],
    tables: [],
    globals: [],
    tags: [],
    references: new Set(),
  };
  const decoded = readWhole(content(SECTION.type), decodeTypes) ?? [];
  const types = decoded.map((type) => (typeof type === 'number' ? undefined : type));
  const fieldCounts = decoded.map((type) => (typeof type === 'number' ? type : 0));
  readVector(content(SECTION.import), (reader) => readImport(reader, draft));
  const importedFunctionCount = draft.functionTypes.length;
  readVector(content(SECTION.function), (reader) => void draft.functionTypes.push(reader.u32()));
  readVector(content(SECTION.table), (reader) => readTable(reader, draft));
  readVector(content(SECTION.memory), (reader) => readMemory(reader, draft, undefined));
  readVector(content(SECTION.global), (reader) => {
    readGlobal(reader, draft, undefined);
    skipConstantExpression(reader, draft.references);
  });
  readVector(content(SECTION.tag), (reader) => readTag(reader, draft));
  const exportNames = new Set<string>();
  const exported = { functions: new Set<number>(), tables: new Set<number>(), globals: new Set<number>() };
  readVector(content(SECTION.export), (reader) => {
    exportNames.add(reader.name());
    const kind = EXPORT_KINDS[reader.byte()];
    const index = reader.u32();
    if (kind !== undefined) exported[kind].add(index);
    if (kind === 'functions') draft.references.add(index);
  });
  const startFunction = readWhole(content(SECTION.start), (reader) => reader.u32());
  if (startFunction !== undefined) draft.references.add(startFunction);
  readVector(content(SECTION.element), (reader) => void readReferences(reader, draft.references));
  return { bytes, sections, types, fieldCounts, ...draft, importedFunctionCount, exportNames, exported, startFunction };
}

/** The content of a section; `undefined` if the module does not have it. */
export function contentOf(bytes: Uint8Array, sections: Sections, id: number): ByteReader | undefined {
  const section: Section | undefined = sections.byId.get(id);
  return section && new ByteReader(bytes, section.at, section.end);
}

/** Reads a section that is a vector, element by element. */
export function readVector(reader: ByteReader | undefined, readElement: (reader: ByteReader) => void): void {
  readWhole(reader, (content) => {
    for (let rest = content.count(); rest > 0; rest--) readElement(content);
  });
}

function readWhole<T>(reader: ByteReader | undefined, read: (reader: ByteReader) => T): T | undefined {
  if (reader === undefined) return undefined;
  const result = read(reader);
  if (reader.at !== reader.end) throw malformed('section longer than its content', reader.at);
  return result;
}

function readImport(reader: ByteReader, draft: Draft): void {
  const imported = { module: reader.name(), name: reader.name() };
  const start = reader.at;
  const kind = reader.byte();
  if (kind === 0) readFunctionImport(reader, draft, imported);
  else if (kind === 1) readTableType(reader, draft, imported);
  else if (kind === 2) readMemory(reader, draft, imported);
  else if (kind === 3) readGlobal(reader, draft, imported);
  else if (kind === 4) readTag(reader, draft);
  else throw malformed(`unknown import kind ${kind}`, start);
}

function readFunctionImport(reader: ByteReader, draft: Draft, imported: ImportName): void {
  const typeAt = reader.at;
  const type = reader.u32();
  draft.functionTypes.push(type);
  draft.functionImports.push({ ...imported, type, typeAt, typeEnd: reader.at });
}

/** Shape: a table type; or `0x40 0x00`, a table type and the initial value. */
function readTable(reader: ByteReader, draft: Draft): void {
  const hasValue = reader.bytes[reader.at] === 0x40;
  if (hasValue) reader.skip(2);
  readTableType(reader, draft, undefined);
  if (hasValue) skipConstantExpression(reader, draft.references);
}

function readTableType(reader: ByteReader, { tables }: Draft, imported: ImportName | undefined): void {
  const elementAt = reader.at;
  const element = readValueType(reader);
  const limitsAt = reader.at;
  const { limits } = readLimits(reader);
  tables.push({ index: tables.length, element, elementAt, limits, limitsAt, limitsEnd: reader.at, imported });
}

function readMemory(reader: ByteReader, { memories }: Draft, imported: ImportName | undefined): void {
  memories.push({ index: memories.length, ...readLimits(reader), imported });
}

/** Shape: an attribute byte, then the type index. */
function readTag(reader: ByteReader, { tags }: Draft): void {
  reader.byte();
  tags.push(reader.u32());
}

function readGlobal(reader: ByteReader, { globals }: Draft, imported: ImportName | undefined): void {
  const type = readValueType(reader);
  const mutability = reader.byte();
  if (mutability > 1) throw malformed('unknown mutability of a global', reader.at - 1);
  globals.push({ index: globals.length, type, isMutable: mutability === 1, imported });
}
