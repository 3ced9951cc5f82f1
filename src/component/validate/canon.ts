import {
  MAX_FLAT_PARAMS,
  MAX_FLAT_RESULTS,
  flattenFunctype,
  flattenTypes,
  paramTypes,
  resultTypes,
} from '../../abi/flatten.ts';
import type { FuncType, ValType } from '../../abi/types.ts';
import type { Canon, CanonOptions } from '../definitions.ts';
import { type CoreFuncType, printCoreFunc } from './core-types.ts';
import { namedResourceAt } from './define-type.ts';
import { type Frame, definitionAt, funcTypeAt } from './frame.ts';
import { printFuncType } from './print.ts';
import type { Validation } from './validation.ts';

/** Checks a canonical definition, and adds the function that it creates. Source: "Canonical Definitions" in component-model `Explainer.md`. */
export function checkCanon(validation: Validation, frame: Frame, canon: Canon): void {
  switch (canon.op) {
    case 'lift':
      frame.funcs.push(checkLift(validation, frame, canon));
      break;
    case 'lower':
      frame.coreFuncs.push(checkLower(validation, frame, canon));
      break;
    case 'resource.new':
    case 'resource.rep':
      checkDefinedHere(validation, frame, canon.resource);
      frame.coreFuncs.push(validation.coreFuncs.func(['i32'], ['i32']));
      break;
    case 'resource.drop':
      namedResourceAt(validation, frame, canon.resource);
      frame.coreFuncs.push(validation.coreFuncs.func(['i32'], []));
      break;
    case 'other':
      validation.refuse(`the component uses ${canon.name}, which requires WASI 0.3`);
  }
}

/** Only the component that defines a resource may see its reps. */
function checkDefinedHere(validation: Validation, frame: Frame, index: number): void {
  const { identity } = namedResourceAt(validation, frame, index);
  if (frame.definedResources.get(identity) !== 'here')
    validation.fail('resource.new and resource.rep are only allowed in the component that defines the resource');
}

function checkLift(validation: Validation, frame: Frame, canon: Canon & { op: 'lift' }): FuncType {
  const type = funcTypeAt(validation, frame, canon.type);
  const core = definitionAt(validation, frame.coreFuncs, canon.func, 'core func');
  const { options } = canon;
  checkOptions(validation, frame, options);
  const flat = flatten(validation, type, 'lift');
  const passes = passesMemory(validation, type);
  if (passes.params) demand(validation, options, 'realloc');
  if (passes.result) demand(validation, options, 'memory');
  if (core !== flat)
    validation.fail(
      `${printFuncType(type)} is lifted from a core function ${printCoreFunc(core)}, expected ${printCoreFunc(flat)}`,
    );
  if (options.postReturn !== undefined) {
    const postReturn = definitionAt(validation, frame.coreFuncs, options.postReturn, 'core func');
    if (postReturn !== validation.coreFuncs.func(core.results, []))
      validation.fail("a post-return function must take the core function's results and return nothing");
  }
  return type;
}

function checkLower(validation: Validation, frame: Frame, canon: Canon & { op: 'lower' }): CoreFuncType {
  const type = definitionAt(validation, frame.funcs, canon.func, 'func');
  const { options } = canon;
  checkOptions(validation, frame, options);
  if (options.postReturn !== undefined) validation.fail('post-return is not an option of lower');
  const flat = flatten(validation, type, 'lower');
  const passes = passesMemory(validation, type);
  if (passes.params || passes.result) demand(validation, options, 'memory');
  if (type.result !== undefined && validation.infoOf(type.result).hasPointer) demand(validation, options, 'realloc');
  return flat;
}

/** The core function type to which a function type is flattened. */
function flatten(validation: Validation, type: FuncType, context: 'lift' | 'lower'): CoreFuncType {
  validation.spend(validation.sizeOf(type));
  const { params, results } = flattenFunctype(type, context);
  return validation.coreFuncs.func(params, results);
}

/** Whether the parameters, or the result, are passed in memory or contain pointers. */
function passesMemory(validation: Validation, type: FuncType): { readonly params: boolean; readonly result: boolean } {
  const passes = (types: readonly ValType[], maxFlat: number): boolean =>
    types.some((part) => validation.infoOf(part).hasPointer) || flattenTypes(types).length > maxFlat;
  return {
    params: passes(paramTypes(type), MAX_FLAT_PARAMS),
    result: passes(resultTypes(type), MAX_FLAT_RESULTS),
  };
}

/** Fails if an option is absent. `realloc` is useless without memory. */
function demand(validation: Validation, options: CanonOptions, option: 'memory' | 'realloc'): void {
  if (options[option] === undefined) validation.fail(`the canonical option ${option} is missing`);
}

function checkOptions(validation: Validation, frame: Frame, options: CanonOptions): void {
  if (options.calling === 'async') validation.refuse('async functions require WASI 0.3');
  if (options.callback !== undefined) validation.fail('callback is only an option of async functions');
  if (options.memory !== undefined) {
    const memory = definitionAt(validation, frame.coreMemories, options.memory, 'core memory');
    if (memory.isShared) validation.fail('values cannot be passed in a shared memory');
  }
  if (options.realloc === undefined) return;
  demand(validation, options, 'memory');
  const realloc = definitionAt(validation, frame.coreFuncs, options.realloc, 'core func');
  if (realloc !== validation.coreFuncs.func(['i32', 'i32', 'i32', 'i32'], ['i32']))
    validation.fail('a realloc function must take four i32 and return one');
}
