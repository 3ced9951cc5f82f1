import type { Helpers } from './helpers.ts';
import type { ReachableGlobal } from './reach.ts';

/** An export of a function. */
export type FunctionExport = { readonly name: string; readonly index: number };

/** Adds a getter and a setter for each global that holds a vector, since JavaScript can do neither. */
export function addVectorAccess(helpers: Helpers, globals: readonly ReachableGlobal[]): FunctionExport[] {
  return globals
    .filter(({ access }) => access === 'functions')
    .flatMap(({ index, exportName }) => [
      { name: `${exportName}:get`, index: helpers.getVector(index) },
      { name: `${exportName}:set`, index: helpers.setVector(index) },
    ]);
}
