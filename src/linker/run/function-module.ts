import type { CoreType } from '../../abi/types.ts';
import { ByteWriter } from '../../wasm/byte-writer.ts';

/** A core function's type. */
export interface CoreFunctionType {
  readonly params: readonly CoreType[];
  readonly results: readonly CoreType[];
}

/** The parts of a module of functions. It exports all of them, by number. */
export interface FunctionModule {
  /** Shape of each: as in the type section. */
  readonly types: readonly (readonly number[])[];
  /** The imports, all from the module ''. Shape of each: its name, its kind, and the bytes that describe it. */
  readonly imports: readonly (readonly [name: string, kind: number, ...description: number[]])[];
  /** The index of the first function that is not imported. */
  readonly firstFunction: number;
  readonly functions: readonly { readonly type: number; readonly write: (body: ByteWriter) => void }[];
}

const HEADER: readonly number[] = Object.freeze([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const SECTION = Object.freeze({ type: 1, import: 2, function: 3, export: 7, code: 10 } as const);
/** The kinds of imports. */
export const EXTERN_KIND = Object.freeze({ function: 0, global: 3, tag: 4 } as const);
const FUNC = 0x60;
export const EXTERNREF = 0x6f;
const VOID = 0x40;
const VALUE_TYPES: Readonly<Record<CoreType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };

/** A type as in the type section. A function that takes its caller has an externref as its last param. */
export function toType({ params, results }: CoreFunctionType, caller: 'with caller' | 'without caller'): number[] {
  const operands = params.map((type) => VALUE_TYPES[type]);
  if (caller === 'with caller') operands.push(EXTERNREF);
  return [FUNC, operands.length, ...operands, results.length, ...results.map((type) => VALUE_TYPES[type])];
}

/** The type of a block with the function's result, of which there is at most one. */
export function toBlockType({ results: [result] }: CoreFunctionType): number {
  return result === undefined ? VOID : VALUE_TYPES[result];
}

/** Encodes and compiles a module of functions. */
export function compileFunctions({ types, imports, firstFunction, functions }: FunctionModule): WebAssembly.Module {
  const output = new ByteWriter(256 + functions.length * 96);
  output.append(HEADER);
  writeSection(output, SECTION.type, types, (type) => output.append(type));
  writeSection(output, SECTION.import, imports, ([name, kind, ...description]) => {
    output.name('');
    output.name(name);
    output.byte(kind);
    for (const number of description) output.u32(number);
  });
  writeSection(output, SECTION.function, functions, ({ type }) => output.u32(type));
  writeSection(output, SECTION.export, functions, (_function, index) => {
    output.name(`${index}`);
    output.byte(EXTERN_KIND.function);
    output.u32(firstFunction + index);
  });
  writeSection(output, SECTION.code, functions, ({ write }) => {
    const start = output.length;
    write(output);
    output.prefixLength(start);
  });
  return new WebAssembly.Module(output.written() as BufferSource);
}

function writeSection<Item>(
  output: ByteWriter,
  id: number,
  items: readonly Item[],
  write: (item: Item, index: number) => void,
): void {
  output.byte(id);
  const start = output.length;
  output.u32(items.length);
  for (const [index, item] of items.entries()) write(item, index);
  output.prefixLength(start);
}
