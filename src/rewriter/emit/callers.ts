import type { ByteWriter } from '../../wasm/byte-writer.ts';
import type { CoreModule, FunctionImport, ImportName } from '../core-module.ts';
import { OP } from '../../wasm/opcodes.ts';
import type { FunctionType } from '../../wasm/types.ts';

const EXTERNREF = 0x6f;
const FUNC = 0x60;

/**
 * The host functions that receive the calling instance as an additional last operand, which each instance keeps in a global.
 *
 * So all instances import the same functions, and none needs its own. An import that the module also takes a reference to, as in a table, keeps its type.
 */
export class Callers {
  readonly imports: readonly FunctionImport[];
  /** The index of the global that holds the caller. */
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

  /** The new type of the imported function `index`, as in the type section; `undefined` if it stays the same. */
  typeOf(index: number): Uint8Array | undefined {
    return this.#types.get(index);
  }

  /** Whether a function takes the caller. */
  takesCaller(index: number): boolean {
    return this.#types.has(index);
  }

  /** Emits code that pushes the caller. */
  emitCaller(output: ByteWriter): void {
    output.byte(OP.globalGet);
    output.u32(this.global);
  }
}

const keyOf = ({ module, name }: ImportName): string => JSON.stringify([module, name]);

/** Lowered functions have at most 17 params and one result. */
const MAX_VALUES = 100;

function withCaller(bytes: Uint8Array, type: FunctionType | undefined): Uint8Array | undefined {
  if (type === undefined || type.params > MAX_VALUES || type.results > MAX_VALUES) return undefined;
  const params = bytes.subarray(type.paramsAt, type.paramsEnd);
  const results = bytes.subarray(type.resultsAt, type.resultsEnd);
  return new Uint8Array([FUNC, type.params + 1, ...params, EXTERNREF, type.results, ...results]);
}
