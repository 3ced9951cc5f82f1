import { prepareBinding } from './bridge.ts';
import type { Endable } from './guarded.ts';
import { type GivenFunction, type SharedFunctions, givenFunction } from './shared-functions.ts';
import type { Wiring } from './wiring.ts';

/** Host functions bound to one instance, for modules that do not pass their caller, by the shared functions that they stand for. */
export type BoundFunctions = ReadonlyMap<GivenFunction, WebAssembly.ExportValue>;

/** Prepares the bound functions that a plan's steps need; most plans need none. */
export function prepareBoundFunctions(
  { steps }: Wiring,
  functions: SharedFunctions,
): (caller: Endable) => BoundFunctions {
  const items = steps.flatMap(({ varying }) => [...varying.values()].flat());
  const given = [...new Set(items.flatMap(({ item }) => givenFunction(functions, item) ?? []))];
  const bind = prepareBinding(given.map(({ type }) => type));
  const bridged = given.map((func) => func.bridged);
  return (caller) => {
    const bound = bind(caller, bridged);
    return new Map(given.map((func, index) => [func, bound[index] as WebAssembly.ExportValue]));
  };
}
