import { CORE_SECTION, type CoreSections, readCoreImports } from './core-sections.ts';
import type { Reader } from './reader.ts';

/**
 * wit-component gives a module imports that cannot exist yet: functions that call through a table (the shim module), which another module fills once
 * the memory exists (the fixup module). Our linker's functions find their memory later, so it needs neither.
 */
export interface Shim {
  /** Maps the export name of a function to the table entry that it calls. */
  readonly slots: ReadonlyMap<string, number>;
  /** The export name of the table. */
  readonly table: string;
}

export interface Fixup {
  /** The import that is the table. */
  readonly table: { readonly module: string; readonly name: string };
  /** The import for each table entry. */
  readonly entries: readonly { readonly module: string; readonly name: string }[];
}

const OP_END = 0x0b;
const OP_CALL_INDIRECT = 0x11;
const OP_LOCAL_GET = 0x20;
const OP_I32_CONST = 0x41;

/** The module as a shim, if it is a shim and nothing else. */
export function recogniseShim(sections: CoreSections): Shim | undefined {
  if (
    !hasOnly(sections, [
      CORE_SECTION.type,
      CORE_SECTION.func,
      CORE_SECTION.table,
      CORE_SECTION.export,
      CORE_SECTION.code,
    ])
  ) {
    return undefined;
  }
  const types =
    sections
      .get(CORE_SECTION.func)?.()
      .vec((reader) => reader.u32()) ?? [];
  const trampolines = sections.get(CORE_SECTION.code)?.().vec(readTrampoline) ?? [];
  const entries = trampolines.map((trampoline, index) =>
    trampoline?.type === types[index] ? trampoline?.entry : undefined,
  );
  const exports = sections.get(CORE_SECTION.export)?.().vec(readExport) ?? [];
  const table = exports.find(({ kind }) => kind === KIND_TABLE);
  const funcs = exports.filter(({ kind }) => kind === KIND_FUNC);
  if (table === undefined || entries.includes(undefined) || funcs.length + 1 !== exports.length) return undefined;
  return { table: table.name, slots: new Map(funcs.map(({ name, index }) => [name, entries[index] ?? 0])) };
}

/** The module as a fixup, if it is a fixup and nothing else. */
export function recogniseFixup(sections: CoreSections): Fixup | undefined {
  if (!hasOnly(sections, [CORE_SECTION.type, CORE_SECTION.import, CORE_SECTION.elem])) return undefined;
  const imports = readCoreImports(sections);
  const table = imports.find(({ kind }) => kind === 'table');
  const funcs = imports.filter(({ kind }) => kind === 'func');
  const elements = sections.get(CORE_SECTION.elem)?.().vec(readActiveElements) ?? [];
  const [indices] = elements;
  if (table === undefined || elements.length !== 1 || indices === undefined) return undefined;
  const entries = indices.map((index) => funcs[index]);
  return entries.every((entry) => entry !== undefined) ? { table, entries } : undefined;
}

function hasOnly(sections: CoreSections, ids: readonly number[]): boolean {
  return sections.size === ids.length && ids.every((id) => sections.has(id));
}

const KIND_FUNC = 0;
const KIND_TABLE = 1;

function readExport(reader: Reader): { readonly name: string; readonly kind: number; readonly index: number } {
  return { name: reader.name(), kind: reader.byte(), index: reader.u32() };
}

/** The table entry that a function calls with its own parameters, and the type's index; `undefined` if it does anything else. */
function readTrampoline(section: Reader): { readonly entry: number; readonly type: number } | undefined {
  const body = section.part(section.u32());
  if (body.u32() !== 0) return undefined;
  for (let local = 0; body.peek() === OP_LOCAL_GET; local += 1) {
    body.byte();
    if (body.u32() !== local) return undefined;
  }
  if (body.byte() !== OP_I32_CONST) return undefined;
  const entry = readSmallS32(body);
  if (body.byte() !== OP_CALL_INDIRECT) return undefined;
  const type = body.u32();
  const isPlain = body.u32() === 0 && body.byte() === OP_END && body.isAtEnd;
  return isPlain ? { entry, type } : undefined;
}

/** An `i32.const` immediate that is an index, so not negative. */
function readSmallS32(reader: Reader): number {
  const value = reader.u32();
  return value;
}

/** The functions of an active segment at offset 0 of table 0; `undefined` for any other segment. */
function readActiveElements(section: Reader): number[] | undefined {
  const flags = section.u32();
  if (flags !== 0 || section.byte() !== OP_I32_CONST || section.u32() !== 0 || section.byte() !== OP_END)
    return undefined;
  return section.vec((reader) => reader.u32());
}
