import type { CoreModule } from '../core-module.ts';
import type { FunctionType } from '../../wasm/types.ts';

/** Value types below this byte are references. */
const FIRST_NUMBER_TYPE = 0x7b;
const NUMBERS: ReadonlySet<string> = new Set(['i32', 'i64', 'f32', 'f64', 'v128']);

/**
 * Whether an indirect call, through a table or a reference, may reach a function that is not the module's own: because it puts an imported function there,
 * or shares tables, globals or other references with other modules.
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
