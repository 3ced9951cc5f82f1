import type { ByteReader } from './byte-reader.ts';
import { malformed, notSupported } from './refusal.ts';

/** Section ids. Source: core specification 3.0, 5.5.2. */
export const SECTION = Object.freeze({
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const);

/** The order of a module's sections, except custom ones. */
export const SECTION_ORDER: readonly number[] = Object.freeze([
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.tag,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data,
]);

/** The range of a section's content. */
export type Section = { readonly at: number; readonly end: number };

export type Sections = {
  readonly byId: ReadonlyMap<number, Section>;
  /** The custom section with the functions' names, if there is one. */
  readonly names: Section | undefined;
};

const CORE_MODULE_VERSION = 1;

/** Finds the sections of a core module. Throws `HostError` if it is not one, or its sections overlap or are out of order. */
export function decodeSections(reader: ByteReader): Sections {
  checkHeader(reader);
  const byId = new Map<number, Section>();
  let names: Section | undefined;
  let rank = -1;
  while (reader.at < reader.end) {
    const start = reader.at;
    const id = reader.byte();
    const byteLength = reader.u32();
    const at = reader.at;
    reader.skip(byteLength);
    const section = { at, end: reader.at };
    if (id === SECTION.custom) {
      if (isNameSection(reader.bytes, section)) names = section;
      continue;
    }
    const next = SECTION_ORDER.indexOf(id);
    if (next === -1) throw notSupported(`section ${id}`, start);
    if (next <= rank) throw malformed(`section ${id} out of order`, start);
    rank = next;
    byId.set(id, section);
  }
  return { byId, names };
}

function checkHeader(reader: ByteReader): void {
  const header = [0x00, 0x61, 0x73, 0x6d, CORE_MODULE_VERSION, 0, 0, 0];
  for (const expected of header) {
    if (reader.byte() !== expected) throw malformed('invalid core module header', reader.at - 1);
  }
}

/** Whether a custom section is named `name`. Shape: the length 4, then these letters. */
function isNameSection(bytes: Uint8Array, { at, end }: Section): boolean {
  const called = [4, 0x6e, 0x61, 0x6d, 0x65];
  return at + called.length <= end && called.every((byte, index) => bytes[at + index] === byte);
}
