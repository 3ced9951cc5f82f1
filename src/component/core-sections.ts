import { Reader } from './reader.ts';

/** The sections of a core module that linking reads. Shape: section id to a reader of its contents; without custom sections. */
export type CoreSections = ReadonlyMap<number, () => Reader>;

export interface CoreImportName {
  readonly module: string;
  readonly name: string;
  readonly kind: 'func' | 'table' | 'memory' | 'global' | 'tag';
}

export const CORE_SECTION = { type: 1, import: 2, func: 3, table: 4, export: 7, start: 8, elem: 9, code: 10 } as const;

const PREAMBLE_BYTES = 8;

/** Finds the sections of a core module. Throws `HostError` if they are malformed. */
export function readCoreSections(bytes: Uint8Array): CoreSections {
  const state = { label: 'a core module', bytes, maxNesting: 0, itemsLeft: Infinity };
  const reader = new Reader(state, PREAMBLE_BYTES, bytes.byteLength);
  const sections = new Map<number, () => Reader>();
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const byteLength = reader.u32();
    const start = reader.offset;
    reader.take(byteLength);
    if (id !== 0) sections.set(id, () => new Reader(state, start, start + byteLength));
  }
  return sections;
}

/** The names of everything that the module imports, in order. */
export function readCoreImports(sections: CoreSections): CoreImportName[] {
  return sections.get(CORE_SECTION.import)?.().vec(readImport) ?? [];
}

const KINDS = ['func', 'table', 'memory', 'global', 'tag'] as const;

function readImport(reader: Reader): CoreImportName {
  const module = reader.name();
  const name = reader.name();
  const kind = KINDS[reader.byte()] ?? reader.fail('unknown kind of import');
  skipExternType(reader, kind);
  return { module, name, kind };
}

function skipExternType(reader: Reader, kind: CoreImportName['kind']): void {
  switch (kind) {
    case 'func':
      reader.u32();
      break;
    case 'table':
      skipValType(reader);
      skipLimits(reader);
      break;
    case 'memory':
      skipLimits(reader);
      break;
    case 'global':
      skipValType(reader);
      reader.byte();
      break;
    case 'tag':
      reader.byte();
      reader.u32();
  }
}

/** A value type: one byte, or a reference with its heap type, which is a signed LEB128 number. */
function skipValType(reader: Reader): void {
  const opcode = reader.byte();
  if (opcode !== 0x63 && opcode !== 0x64) return;
  while (reader.byte() >= 0x80);
}

function skipLimits(reader: Reader): void {
  const flags = reader.byte();
  while (reader.byte() >= 0x80);
  if ((flags & 1) !== 0) while (reader.byte() >= 0x80);
}
