import type { SharedFunction } from '../abi/canon.ts';
import type { CoreType } from '../abi/types.ts';
import { ByteWriter } from '../component/rewrite/byte-writer.ts';

/** A core function's type, and JavaScript that does it; it takes one more argument, an externref. */
export interface Bridged {
  readonly params: readonly CoreType[];
  readonly results: readonly CoreType[];
  readonly func: SharedFunction | WebAssembly.Suspending;
}

const HEADER: readonly number[] = Object.freeze([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
const SECTION = Object.freeze({ type: 1, import: 2, function: 3, export: 7, code: 10 } as const);
const FUNC = 0x60;
const EXTERNREF = 0x6f;
const LOCAL_GET = 0x20;
const CALL = 0x10;
const END = 0x0b;
const VALUE_TYPES: Readonly<Record<CoreType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };

/**
 * Functions as those of a core module, which call them.
 *
 * V8 keeps some 100 bytes for each JavaScript function that an instance imports, and nothing for a function of another instance.
 */
export function createBridge(functions: readonly Bridged[]): WebAssembly.ExportValue[] {
  const imports = Object.fromEntries(functions.map(({ func }, index) => [index, func]));
  const module = new WebAssembly.Module(writeModule(functions) as BufferSource);
  const { exports } = new WebAssembly.Instance(module, { '': imports } as WebAssembly.Imports);
  return functions.map((_function, index) => exports[index] as WebAssembly.ExportValue);
}

function writeModule(functions: readonly Bridged[]): Uint8Array {
  const output = new ByteWriter(256 + functions.length * 64);
  const count = functions.length;
  output.append(HEADER);
  writeSection(output, SECTION.type, functions, (_index, { params, results }) => {
    output.append([FUNC, params.length + 1, ...params.map((type) => VALUE_TYPES[type]), EXTERNREF]);
    output.append([results.length, ...results.map((type) => VALUE_TYPES[type])]);
  });
  writeSection(output, SECTION.import, functions, (index) => {
    output.name('');
    output.name(`${index}`);
    output.byte(0);
    output.u32(index);
  });
  writeSection(output, SECTION.function, functions, (index) => output.u32(index));
  writeSection(output, SECTION.export, functions, (index) => {
    output.name(`${index}`);
    output.byte(0);
    output.u32(count + index);
  });
  writeSection(output, SECTION.code, functions, (index, { params }) => {
    const start = output.length;
    output.append([0, ...Array.from({ length: params.length + 1 }, (_, local) => [LOCAL_GET, local]).flat(), CALL]);
    output.u32(index);
    output.byte(END);
    output.prefixLength(start);
  });
  return output.written();
}

function writeSection(
  output: ByteWriter,
  id: number,
  functions: readonly Bridged[],
  write: (index: number, bridged: Bridged) => void,
): void {
  output.byte(id);
  const start = output.length;
  output.u32(functions.length);
  for (const [index, bridged] of functions.entries()) write(index, bridged);
  output.prefixLength(start);
}
