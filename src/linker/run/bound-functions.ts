import { prepareBinding } from './bridge.ts';
import type { Mortal } from './guarded.ts';
import { type GivenFunction, type SharedFunctions, givenFunction } from './shared-functions.ts';
import type { Wiring } from './wiring.ts';

/** What the host gives where nothing passes the caller on, by what it gives elsewhere: made for one instance. */
export type BoundFunctions = ReadonlyMap<GivenFunction, WebAssembly.ExportValue>;

/** Prepares those that the steps of a plan need, which are none of most. */
export function prepareBoundFunctions(
  { steps }: Wiring,
  functions: SharedFunctions,
): (caller: Mortal) => BoundFunctions {
  const items = steps.flatMap(({ varying }) => [...varying.values()].flat());
  const given = [...new Set(items.flatMap(({ item }) => givenFunction(functions, item) ?? []))];
  const bind = prepareBinding(given.map(({ type }) => type));
  const bridged = given.map((func) => func.bridged);
  return (caller) => {
    const bound = bind(caller, bridged);
    return new Map(given.map((func, index) => [func, bound[index] as WebAssembly.ExportValue]));
  };
}
