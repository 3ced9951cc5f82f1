import type { Alias, CoreSort, ModuleDeclaration, Sort } from './definitions.ts';
import { decodeSort } from './decode-sort.ts';
import type { Reader } from './reader.ts';

/** Source: `alias`. */
export function decodeAlias(reader: Reader): Alias {
  const sort = decodeSort(reader);
  const target = reader.byte();
  switch (target) {
    case 0x00:
      return { of: 'export', sort, instance: reader.u32(), name: reader.name() };
    case 0x01:
      return { of: 'core export', sort: toCoreSort(reader, sort), instance: reader.u32(), name: reader.name() };
    case 0x02:
      return { of: 'outer', sort, count: reader.u32(), index: reader.u32() };
    default:
      return reader.fail(`invalid alias target 0x${target.toString(16)}`);
  }
}

/** An alias in a module type, which can only be of an outer type. Source: `core:alias`. */
export function decodeCoreAlias(reader: Reader): ModuleDeclaration {
  if (reader.byte() !== 0x10 || reader.byte() !== 0x01) reader.fail('an alias in a module type must be an outer type');
  return { at: 'outer type', count: reader.u32(), index: reader.u32() };
}

function toCoreSort(reader: Reader, sort: Sort): CoreSort {
  if (!sort.startsWith('core ')) return reader.fail(`a core instance cannot export a ${sort}`);
  return sort.slice('core '.length) as CoreSort;
}
