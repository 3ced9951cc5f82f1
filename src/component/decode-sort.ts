import type { CoreSort, ExternName, ExternType, NameAttributes, Sort, SortIndex } from './definitions.ts';
import type { Reader } from './reader.ts';

const CORE_SORTS: ReadonlyMap<number, CoreSort> = new Map<number, CoreSort>([
  [0x00, 'func'],
  [0x01, 'table'],
  [0x02, 'memory'],
  [0x03, 'global'],
  [0x04, 'tag'],
  [0x10, 'type'],
  [0x11, 'module'],
  [0x12, 'instance'],
]);

const SORTS: ReadonlyMap<number, Sort> = new Map<number, Sort>([
  [0x01, 'func'],
  [0x02, 'value'],
  [0x03, 'type'],
  [0x04, 'component'],
  [0x05, 'instance'],
]);

/** Source: `core:sort`. */
export function decodeCoreSort(reader: Reader): CoreSort {
  const opcode = reader.byte();
  return CORE_SORTS.get(opcode) ?? reader.fail(`invalid core sort 0x${opcode.toString(16)}`);
}

/** Source: `sort`. */
export function decodeSort(reader: Reader): Sort {
  const opcode = reader.byte();
  if (opcode === 0x00) return `core ${decodeCoreSort(reader)}`;
  return SORTS.get(opcode) ?? reader.fail(`invalid sort 0x${opcode.toString(16)}`);
}

/** Source: `sortidx`. */
export function decodeSortIndex(reader: Reader): SortIndex {
  return { sort: decodeSort(reader), index: reader.u32() };
}

/** The name of an import or export. Source: `nameattributes`. */
export function decodeExternName(reader: Reader): ExternName {
  const form = reader.byte();
  if (form > 0x02) reader.fail(`invalid import or export name 0x${form.toString(16)}`);
  const name = reader.name();
  if (form !== 0x02) return { name };
  const attributes: { -readonly [K in keyof NameAttributes]: NameAttributes[K] } = {};
  for (const [kind, value] of reader.vec(decodeAttribute)) {
    if (kind in attributes) reader.fail(`duplicate name attribute ${kind}`);
    attributes[kind] = value;
  }
  return { name, attributes };
}

const ATTRIBUTES = ['implements', 'versionSuffix', 'externalId'] as const;

function decodeAttribute(reader: Reader): readonly [kind: keyof NameAttributes, value: string] {
  const form = reader.byte();
  const kind = ATTRIBUTES[form] ?? reader.fail(`invalid name attribute 0x${form.toString(16)}`);
  return [kind, reader.name()];
}

/** Source: `externtype`. */
export function decodeExternType(reader: Reader): ExternType {
  const opcode = reader.byte();
  switch (opcode) {
    case 0x00:
      if (reader.byte() !== 0x11) reader.fail('modules are the only core sort that can be imported or exported');
      return { sort: 'core module', type: reader.u32() };
    case 0x01:
      return { sort: 'func', type: reader.u32() };
    case 0x02:
      return reader.refuse('imports and exports of values');
    case 0x03:
      return { sort: 'type', bound: decodeTypeBound(reader) };
    case 0x04:
      return { sort: 'component', type: reader.u32() };
    case 0x05:
      return { sort: 'instance', type: reader.u32() };
    default:
      return reader.fail(`invalid import or export type 0x${opcode.toString(16)}`);
  }
}

function decodeTypeBound(reader: Reader): { readonly eq: number } | 'resource' {
  const opcode = reader.byte();
  if (opcode === 0x00) return { eq: reader.u32() };
  return opcode === 0x01 ? 'resource' : reader.fail(`invalid type bound 0x${opcode.toString(16)}`);
}
