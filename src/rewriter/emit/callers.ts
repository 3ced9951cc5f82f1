import type { ByteWriter } from '../../wasm/byte-writer.ts';
import type { CoreModule, FunctionImport, ImportName } from '../core-module.ts';
import { OP } from '../../wasm/opcodes.ts';
import type { FunctionType } from '../../wasm/types.ts';

const EXTERNREF = 0x6f;
const FUNC = 0x60;

/**
 * The functions of the host that are told which instance calls: by one more operand, the last, which each instance keeps in a global.
 *
 * So all instances import the same functions, and none needs any of its own. An import that the module also refers to, in a table say, keeps its type.
 */
export class Callers {
  readonly imports: readonly FunctionImport[];
  /** Index of the global that holds the caller. */
  readonly global: number;
  readonly #types = new Map<number, Uint8Array>();

  constructor(module: CoreModule, hostFunctions: readonly ImportName[]) {
    const ofHost = new Set(hostFunctions.map(keyOf));
    this.global = module.globals.length;
    this.imports = module.functionImports.filter((imported, index) => {
      if (module.references.has(index) || !ofHost.has(keyOf(imported))) return false;
      const functionType = withCaller(module.bytes, module.types[imported.type]);
      if (functionType !== undefined) this.#types.set(index, functionType);
      return functionType !== undefined;
    });
  }

  /** The type that function `index` is imported with, as in the type section; nothing where it stays as it is. */
  typeOf(index: number): Uint8Array | undefined {
    return this.#types.get(index);
  }

  /** Whether a function takes the caller. */
  takesCaller(index: number): boolean {
    return this.#types.has(index);
  }

  /** Writes what puts the caller on the stack. */
  emitCaller(output: ByteWriter): void {
    output.byte(OP.globalGet);
    output.u32(this.global);
  }
}

const keyOf = ({ module, name }: ImportName): string => JSON.stringify([module, name]);

/** Lowered functions have 17 params and a result at most. */
const MAX_VALUES = 100;

function withCaller(bytes: Uint8Array, type: FunctionType | undefined): Uint8Array | undefined {
  if (type === undefined || type.params > MAX_VALUES || type.results > MAX_VALUES) return undefined;
  const params = bytes.subarray(type.paramsAt, type.paramsEnd);
  const results = bytes.subarray(type.resultsAt, type.resultsEnd);
  return new Uint8Array([FUNC, type.params + 1, ...params, EXTERNREF, type.results, ...results]);
}
