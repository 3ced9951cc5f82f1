import { encodeBranchHints, type UnlikelyBranches } from './branch-hints.ts';
import { ByteReader } from '../../wasm/byte-reader.ts';
import { ByteWriter } from '../../wasm/byte-writer.ts';
import type { Callers } from './callers.ts';
import type { CoreModule } from '../core-module.ts';
import type { Helper } from './helper-functions.ts';
import type { HostFunction } from './host-functions.ts';
import { RESERVED } from '../layout.ts';
import { toNameSection } from './name-section.ts';
import { OP } from '../../wasm/opcodes.ts';
import type { ReachableGlobal, ReachableMemory, ReachableTable } from '../analyse/reach.ts';
import { SECTION, SECTION_ORDER, type Section } from '../../wasm/sections.ts';
import type { SizeLimits } from '../../wasm/types.ts';
import type { FunctionExport } from './global-access.ts';

/** What the rewritten module has in addition to, or instead of, parts of the original. */
export type Additions = {
  readonly memories: readonly ReachableMemory[];
  /** The exported globals. */
  readonly tables: readonly ReachableTable[];
  /** The maxima, by table index. */
  readonly tableMaxima: readonly (number | undefined)[];
  readonly globals: readonly ReachableGlobal[];
  readonly helpers: readonly Helper[];
  readonly functionExports: readonly FunctionExport[];
  /** The name of the imported memory of cards, and of the exported global with the slice's base. */
  readonly cards: { readonly importName: string; readonly exportName: string; readonly global: number } | undefined;
  /** Whether the module imports the memory with the word. */
  readonly hasWord: boolean;
  /** The host functions, in the order of their indices. If there are any, there is a caller. */
  readonly hostFunctions: readonly HostFunction[];
  readonly callers: Callers;
  /** The name of the exported global with the caller, if any function takes it. */
  readonly callerExport: string | undefined;
  /** The name under which the start function is exported instead of run. */
  readonly startExport: string | undefined;
  /** The unlikely branches of the module's own functions, by ascending index. */
  readonly unlikely: readonly UnlikelyBranches[];
  /** The rewritten bodies, without their count, to which helpers are added. */
  readonly code: ByteWriter;
  /** The content of the data section. */
  readonly data: Uint8Array | undefined;
};

const HEADER: readonly number[] = Object.freeze([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

type Content = Uint8Array | readonly Uint8Array[] | undefined;
type Compose = (module: CoreModule, additions: Additions) => Content;

/** The new content of each section, possibly in parts; `undefined` if the section is absent. Sections that are not listed stay unchanged. */
const CONTENTS: ReadonlyMap<number, Compose> = new Map<number, Compose>([
  [SECTION.type, typeSection],
  [SECTION.import, importSection],
  [SECTION.function, functionSection],
  [SECTION.table, tableSection],
  [SECTION.memory, memorySection],
  [SECTION.global, globalSection],
  [SECTION.export, exportSection],
  [SECTION.start, startSection],
  [SECTION.code, codeSection],
  [SECTION.data, (_module: CoreModule, { data }: Additions) => data],
]);

/** Assembles the rewritten module. */
export function composeModule(module: CoreModule, additions: Additions): Uint8Array {
  const sections: [id: number, parts: readonly Uint8Array[]][] = [];
  for (const id of SECTION_ORDER) {
    const compose = CONTENTS.get(id);
    const content =
      compose === undefined ? rawContent(module, module.sections.byId.get(id)) : compose(module, additions);
    // Must come before the code, or V8 ignores them.
    if (id === SECTION.code) sections.push([SECTION.custom, [branchHints(module, additions)]]);
    if (content !== undefined) sections.push([id, content instanceof Uint8Array ? [content] : content]);
  }
  const names = toNameSection(module);
  if (names !== undefined) sections.push([SECTION.custom, [names]]);
  const lengths = sections.map(([, parts]) => parts.reduce((sum, { length }) => sum + length, 0));
  const output = new ByteWriter(lengths.reduce((sum, length) => sum + length + 6, HEADER.length));
  output.append(HEADER);
  for (const [index, [id, parts]] of sections.entries()) {
    output.byte(id);
    output.u32(lengths[index] as number);
    for (const part of parts) output.append(part);
  }
  return output.written();
}

function branchHints({ functionTypes }: CoreModule, { unlikely, helpers }: Additions): Uint8Array {
  const added = helpers.map((helper, index) => ({ index: functionTypes.length + index, branches: helper.unlikely }));
  return encodeBranchHints([...unlikely, ...added.filter(({ branches }) => branches.length > 0)]);
}

function rawContent({ bytes }: CoreModule, section: Section | undefined): Uint8Array | undefined {
  return section && bytes.subarray(section.at, section.end);
}

/** The elements of a section that is a vector, followed by others. `undefined` if there are none of either. */
function extendVector(
  module: CoreModule,
  id: number,
  added: readonly ((output: ByteWriter) => void)[],
  copy?: (output: ByteWriter, from: number, to: number) => void,
): Uint8Array | undefined {
  const section = module.sections.byId.get(id);
  if (added.length === 0 && copy === undefined) return rawContent(module, section);
  const reader = new ByteReader(module.bytes, section?.at ?? 0, section?.end ?? 0);
  const count = section === undefined ? 0 : reader.u32();
  const output = new ByteWriter(reader.end - reader.at + 256);
  output.u32(count + added.length);
  if (copy === undefined) output.copy(module.bytes, reader.at, reader.end);
  else copy(output, reader.at, reader.end);
  for (const write of added) write(output);
  return output.written();
}

/** The distinct types of host functions, helpers and imports that take the caller, in the order of their first use. */
function addedTypes(module: CoreModule, { helpers, callers, hostFunctions }: Additions): Map<string, Uint8Array> {
  const imported = module.functionImports.map((_imported, index) => callers.typeOf(index));
  const first = hostFunctions.map(({ type }) => new Uint8Array(type));
  const types = [...first, ...helpers.map(({ type }) => type), ...imported.filter((type) => type !== undefined)];
  return new Map(types.map((type) => [type.join(), type]));
}

/** The index of each added type, by its bytes in decimal. */
function addedTypeIndices(module: CoreModule, additions: Additions): Map<string, number> {
  const keys = [...addedTypes(module, additions).keys()];
  return new Map(keys.map((key, index) => [key, module.types.length + index]));
}

function typeSection(module: CoreModule, additions: Additions): Uint8Array | undefined {
  const types = addedTypes(module, additions).values();
  const added = Array.from(types, (type) => (output: ByteWriter) => output.append(type));
  return extendVector(module, SECTION.type, added);
}

function functionSection(module: CoreModule, additions: Additions): Uint8Array | undefined {
  const types = addedTypeIndices(module, additions);
  const added = additions.helpers.map(({ type }) => (output: ByteWriter) => {
    output.u32(types.get(type.join()) ?? 0);
  });
  return extendVector(module, SECTION.function, added);
}

const KIND = Object.freeze({ function: 0, table: 1, memory: 2, global: 3 } as const);

function importSection(module: CoreModule, additions: Additions): Uint8Array | undefined {
  const { memories, cards, hasWord } = additions;
  const added = memories.flatMap((memory) => {
    const { recycledAs } = memory;
    return recycledAs === undefined ? [] : [(output: ByteWriter) => writeMemoryImport(output, recycledAs, memory)];
  });
  if (hasWord) added.push((output) => writeMemoryImport(output, WORD_IMPORT, WORD_MEMORY));
  const anyMemory = { limits: { initial: 0, maximum: undefined }, isShared: false };
  if (cards !== undefined) added.push((output) => writeMemoryImport(output, cards.importName, anyMemory));
  if (additions.callers.imports.length === 0) return extendVector(module, SECTION.import, added);
  return extendVector(module, SECTION.import, added, (output, from, to) =>
    copyImports(module, additions, output, [from, to]),
  );
}

/** Copies imports. Functions that take the caller get their new type. */
function copyImports(module: CoreModule, additions: Additions, output: ByteWriter, [from, to]: [number, number]): void {
  const types = addedTypeIndices(module, additions);
  let copied = from;
  for (const [index, { typeAt, typeEnd }] of module.functionImports.entries()) {
    const type = additions.callers.typeOf(index);
    if (type === undefined) continue;
    output.copy(module.bytes, copied, typeAt);
    output.u32(types.get(type.join()) ?? 0);
    copied = typeEnd;
  }
  output.copy(module.bytes, copied, to);
}

/** The memory whose first word tells guests to yield the thread. */
const WORD_IMPORT = 'word';
const WORD_MEMORY: MemoryType = { limits: { initial: 1, maximum: 1 }, isShared: true };

type MemoryType = Pick<ReachableMemory, 'limits' | 'isShared'>;

function writeMemoryImport(output: ByteWriter, name: string, type: MemoryType): void {
  output.name(RESERVED);
  output.name(name);
  output.byte(KIND.memory);
  writeMemoryType(output, type);
}

function writeMemoryType(output: ByteWriter, { limits, isShared }: MemoryType): void {
  writeLimits(output, limits, isShared ? 2 : 0);
}

function writeLimits(output: ByteWriter, { initial, maximum }: SizeLimits, flags = 0): void {
  output.byte(flags | (maximum === undefined ? 0 : 1));
  output.u32(initial);
  if (maximum !== undefined) output.u32(maximum);
}

/** The tables with their new maxima. */
function tableSection(module: CoreModule, { tableMaxima }: Additions): Uint8Array | undefined {
  if (module.tables.every(({ imported }) => imported !== undefined)) return undefined;
  return extendVector(module, SECTION.table, [], (output, from, to) => {
    let copied = from;
    for (const { index, imported, limits, limitsAt, limitsEnd } of module.tables) {
      if (imported !== undefined) continue;
      output.copy(module.bytes, copied, limitsAt);
      writeLimits(output, { initial: limits.initial, maximum: tableMaxima[index] });
      copied = limitsEnd;
    }
    output.copy(module.bytes, copied, to);
  });
}

/** The memories that the module still defines, with their new maxima. */
function memorySection(_module: CoreModule, { memories }: Additions): Uint8Array | undefined {
  const defined = memories.filter(({ imported, recycledAs }) => imported === undefined && recycledAs === undefined);
  if (defined.length === 0) return undefined;
  const output = new ByteWriter(64);
  output.u32(defined.length);
  for (const memory of defined) writeMemoryType(output, memory);
  return output.written();
}

const MUTABLE_I32_ZERO: readonly number[] = Object.freeze([0x7f, 1, OP.i32Const, 0, OP.end]);

const MUTABLE_EXTERNREF_NULL: readonly number[] = Object.freeze([0x6f, 1, OP.refNull, 0x6f, OP.end]);

/** Shape: a mutable global of type `(ref null type)`, initially null. */
function writeNullFunction(output: ByteWriter, type: number): void {
  output.byte(0x63);
  output.s32(type);
  output.append([1, OP.refNull]);
  output.s32(type);
  output.byte(OP.end);
}

/** The global for the cards comes last: the others' indices are needed before it is known whether it exists. */
function globalSection(module: CoreModule, additions: Additions): Uint8Array | undefined {
  const { cards, callerExport, hostFunctions } = additions;
  const added: ((output: ByteWriter) => void)[] = [];
  if (callerExport !== undefined) added.push((output) => output.append(MUTABLE_EXTERNREF_NULL));
  for (const { typeIndex } of hostFunctions) added.push((output) => writeNullFunction(output, typeIndex));
  if (cards !== undefined) added.push((output) => output.append(MUTABLE_I32_ZERO));
  return extendVector(module, SECTION.global, added);
}

function exportSection(module: CoreModule, additions: Additions): Uint8Array | undefined {
  const { memories, tables, globals, cards, callers, callerExport, hostFunctions } = additions;
  const { startExport, functionExports } = additions;
  const exports: [name: string, kind: number, index: number][] = [
    ...memories.map(({ exportName, index }) => [exportName, KIND.memory, index] as [string, number, number]),
    ...tables.map(({ exportName, index }) => [exportName, KIND.table, index] as [string, number, number]),
    ...globals.map(({ exportName, index }) => [exportName, KIND.global, index] as [string, number, number]),
    ...functionExports.map(({ name, index }) => [name, KIND.function, index] as [string, number, number]),
  ];
  if (callerExport !== undefined) exports.push([callerExport, KIND.global, callers.global]);
  for (const { exportName, global } of hostFunctions) exports.push([exportName, KIND.global, global]);
  if (cards !== undefined) exports.push([cards.exportName, KIND.global, cards.global]);
  if (startExport !== undefined) exports.push([startExport, KIND.function, module.startFunction ?? 0]);
  const added = exports.map(([name, kind, index]) => (output: ByteWriter) => {
    output.name(name);
    output.byte(kind);
    output.u32(index);
  });
  return extendVector(module, SECTION.export, added);
}

function startSection(module: CoreModule, { startExport }: Additions): Uint8Array | undefined {
  return startExport === undefined ? rawContent(module, module.sections.byId.get(SECTION.start)) : undefined;
}

/** The code is most of a module: it stays in parts, so that it is copied only once. */
function codeSection(module: CoreModule, { code, helpers }: Additions): Uint8Array[] | undefined {
  const count = module.functionTypes.length - module.importedFunctionCount + helpers.length;
  if (count === 0) return undefined;
  for (const { body } of helpers) {
    code.u32(body.length);
    code.append(body);
  }
  const prefix = new ByteWriter(8);
  prefix.u32(count);
  return [prefix.written(), code.written()];
}
