import type { CoreModule } from '../core-module.ts';
import type { FunctionType } from '../../wasm/types.ts';

/** The value types below it are references. */
const FIRST_NUMBER_TYPE = 0x7b;
const NUMBERS: ReadonlySet<string> = new Set(['i32', 'i64', 'f32', 'f64', 'v128']);

/**
 * Whether a function that a module finds at run time, in a table or by a reference, may be none of its own: where it puts an imported one there,
 * or shares tables, globals or other references with others.
 */
export function mayFindHost(module: CoreModule): boolean {
  const { tables, globals, types, references, importedFunctionCount, exported } = module;
  for (const index of references) if (index < importedFunctionCount) return true;
  return (
    tables.some(({ index, imported }) => imported !== undefined || exported.tables.has(index)) ||
    globals.some(
      ({ index, type, imported }) => !NUMBERS.has(type) && (imported !== undefined || exported.globals.has(index)),
    ) ||
    types.some((type) => type !== undefined && hasReferences(module.bytes, type))
  );
}

function hasReferences(bytes: Uint8Array, { paramsAt, paramsEnd, resultsAt, resultsEnd }: FunctionType): boolean {
  return [bytes.subarray(paramsAt, paramsEnd), bytes.subarray(resultsAt, resultsEnd)].some((types) =>
    types.some((type) => type < FIRST_NUMBER_TYPE),
  );
}
