import type { CoreType } from '../../abi/types.ts';
import { type CoreModule, decodeCoreModule } from '../../rewriter/core-module.ts';
import { VALUE_TYPES } from '../../wasm/types.ts';
import { prepareGuards } from '../run/bridge.ts';
import type { CoreFunctionType } from '../run/function-module.ts';
import type { Endable } from '../run/guarded.ts';

/** The imports of a core module, by module name and name. */
export type CoreImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** An imported function. */
interface GuardedImport extends CoreFunctionType {
  readonly module: string;
  readonly name: string;
}

/** Wraps the JavaScript functions that jco's glue passes to a core module in guards. */
export interface JcoGuards {
  /** Returns the imports, guarded for `caller`; those in `ofGuests`, which other core modules export, are left as they are. */
  guard(caller: Endable, imports: CoreImports, ofGuests: ReadonlySet<unknown>): CoreImports;
}

const CORE_TYPES: ReadonlySet<string | undefined> = new Set<CoreType>(['i32', 'i64', 'f32', 'f64']);

/** Lowered functions have at most 17 params, and builtins fewer. */
const MAX_PARAMS = 32;

/** Takes the place of functions that need no guard: their types may only look the same. */
const NOTHING = (): undefined => undefined;

/** Prepares guards for a module that V8 found valid. */
export function createJcoGuards(bytes: Uint8Array): JcoGuards {
  const guarded = guardedImports(decodeCoreModule(bytes));
  if (guarded.length === 0) return { guard: (_caller, imports) => imports };
  const bind = prepareGuards(guarded);
  return {
    guard: (caller, imports, ofGuests) => {
      const given = guarded.map(({ module, name }) => imports[module]?.[name]);
      const functions = bind(
        caller,
        given.map((func) => (ofGuests.has(func) ? NOTHING : func)),
      );
      const all: Record<string, Record<string, unknown>> = {};
      for (const [module, fields] of Object.entries(imports)) all[module] = { ...fields };
      for (const [index, { module, name }] of guarded.entries()) {
        const fields = all[module];
        if (fields !== undefined && !ofGuests.has(given[index])) fields[name] = functions[index];
      }
      return all;
    },
  };
}

/** The imports to guard, each once. Lowered functions and builtins only have operands of these types, and at most one result; all others come from other modules. */
function guardedImports({ bytes, types, functionImports }: CoreModule): GuardedImport[] {
  const byName = new Map<string, GuardedImport>();
  for (const { module, name, type: index } of functionImports) {
    const type = types[index];
    if (type === undefined) continue;
    const params = toCoreTypes(bytes.subarray(type.paramsAt, type.paramsEnd));
    const results = toCoreTypes(bytes.subarray(type.resultsAt, type.resultsEnd));
    if (params === undefined || results === undefined || results.length > 1) continue;
    if (params.length > MAX_PARAMS) continue;
    byName.set(JSON.stringify([module, name]), { module, name, params, results });
  }
  return [...byName.values()];
}

function toCoreTypes(bytes: Uint8Array): CoreType[] | undefined {
  const types = Array.from(bytes, (byte) => VALUE_TYPES.get(byte));
  return types.every((type) => CORE_TYPES.has(type)) ? (types as CoreType[]) : undefined;
}
