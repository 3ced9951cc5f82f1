import type { HelperFunctions } from './helper-functions.ts';
import type { ReachableGlobal } from '../analyse/reach.ts';

/** An exported function. */
export type FunctionExport = { readonly name: string; readonly index: number };

/** Adds a getter and a setter for each global whose bits JavaScript cannot fully read and write. */
export function addGlobalAccess(helpers: HelperFunctions, globals: readonly ReachableGlobal[]): FunctionExport[] {
  return globals.flatMap(({ index, exportName, access, type }) => {
    if (access === 'functions') return toExports(exportName, helpers.getVector(index), helpers.setVector(index));
    if (access === 'bits') return toExports(exportName, helpers.getBits(index, type), helpers.setBits(index, type));
    return [];
  });
}

function toExports(exportName: string, get: number, set: number): FunctionExport[] {
  return [
    { name: getterOf(exportName), index: get },
    { name: setterOf(exportName), index: set },
  ];
}

/** The names of the functions for a global exported as `exportName`. */
export const getterOf = (exportName: string): string => `${exportName}:get`;
export const setterOf = (exportName: string): string => `${exportName}:set`;
