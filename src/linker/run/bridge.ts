import type { SharedFunction } from '../../abi/canon.ts';
import {
  type CoreFunctionType,
  type FunctionModule,
  EXTERNREF,
  EXTERN_KIND,
  compileFunctions,
  toBlockType,
  toType,
} from './function-module.ts';
import { type Endable, NOTE_TYPE, TAG_TYPE, noteEnd, writeGuarded } from './guarded.ts';

/** A core function's type, and the JavaScript that implements it. That takes one more argument, an externref: the caller, an `Endable`. */
export interface Bridged extends CoreFunctionType {
  readonly func: SharedFunction | WebAssembly.Suspending;
}

/** Binds functions to one caller. */
export type Bind = (caller: Endable, functions: readonly unknown[]) => WebAssembly.ExportValue[];

const LOCAL_GET = 0x20;
const GLOBAL_GET = 0x23;
const CALL = 0x10;
const END = 0x0b;

/**
 * Wraps functions in functions of a core module, which trap if they throw: guests can catch exceptions, but not traps.
 *
 * This also saves memory: V8 keeps about 100 bytes for each JavaScript function that an instance imports, and nothing for another instance's function.
 */
export function createBridge(functions: readonly Bridged[]): WebAssembly.ExportValue[] {
  const module = compileFunctions(guardsOf(functions, 'with caller'));
  const funcs = functions.map(({ func }) => func);
  return instantiate(module, funcs, { note: noteEnd, tag: WebAssembly.JSTag });
}

/** Like `createBridge`, for functions that take no caller: each instance has its own guards. */
export function prepareGuards(types: readonly CoreFunctionType[]): Bind {
  const module = compileFunctions(guardsOf(types, 'without caller'));
  return (caller, functions) => instantiate(module, functions, { note: noteEnd, tag: WebAssembly.JSTag, caller });
}

/** For modules that do not pass their caller: takes bridged functions of these types, and returns them without that param. */
export function prepareBinding(types: readonly CoreFunctionType[]): Bind {
  const module = compileFunctions(bindingOf(types));
  return (caller, functions) => instantiate(module, functions, { caller });
}

function instantiate(
  module: WebAssembly.Module,
  functions: readonly unknown[],
  more: Readonly<Record<string, unknown>>,
): WebAssembly.ExportValue[] {
  const imports = { ...Object.fromEntries(functions.entries()), ...more };
  const { exports } = new WebAssembly.Instance(module, { '': imports } as WebAssembly.Imports);
  return functions.map((_function, index) => exports[index] as WebAssembly.ExportValue);
}

/** Shape: the imported functions, by number, then `note`, `tag`, and `caller` if they do not take it; an exported function for each. */
function guardsOf(types: readonly CoreFunctionType[], caller: 'with caller' | 'without caller'): FunctionModule {
  const note = types.length;
  const takesCaller = caller === 'with caller';
  return {
    types: [...types.map((type) => toType(type, caller)), NOTE_TYPE, TAG_TYPE],
    imports: [
      ...importsOf(types),
      ['note', EXTERN_KIND.function, note],
      ['tag', EXTERN_KIND.tag, 0, note + 1],
      ...(takesCaller ? [] : [CALLER]),
    ],
    firstFunction: note + 1,
    functions: types.map((type, callee) => {
      const { length } = type.params;
      const operandCount = takesCaller ? length + 1 : length;
      const getCaller = takesCaller ? [LOCAL_GET, length] : [GLOBAL_GET, 0];
      const blockType = toBlockType(type);
      return {
        type: callee,
        write: (body) => writeGuarded(body, { callee, note, operandCount, getCaller, blockType }),
      };
    }),
  };
}

/** Shape: the imported functions, by number, then `caller`; an exported function for each. */
function bindingOf(types: readonly CoreFunctionType[]): FunctionModule {
  const count = types.length;
  return {
    types: [
      ...types.map((type) => toType(type, 'with caller')),
      ...types.map((type) => toType(type, 'without caller')),
    ],
    imports: [...importsOf(types), CALLER],
    firstFunction: count,
    functions: types.map(({ params }, callee) => ({
      type: count + callee,
      write: (body) => {
        body.append([0, ...params.flatMap((_param, local) => [LOCAL_GET, local]), GLOBAL_GET, 0, CALL]);
        body.u32(callee);
        body.byte(END);
      },
    })),
  };
}

/** An immutable global. */
const CALLER = ['caller', EXTERN_KIND.global, EXTERNREF, 0] as const;

function importsOf(types: readonly CoreFunctionType[]): FunctionModule['imports'] {
  return types.map((_type, index) => [`${index}`, EXTERN_KIND.function, index]);
}
