import { ByteReader } from './byte-reader.ts';
import { CompileCost, type FunctionShape } from './compile-cost.ts';
import { contentOf, type CoreModule, readVector } from './core-module.ts';
import { describeFunction } from './function-names.ts';
import { HostError } from '../../util/host-error.ts';
import { SECTION } from './sections.ts';
import { MAX_LOCALS } from './survey.ts';
import { type FunctionArity, readValueType } from './types.ts';

/** What V8 may take to compile one function. */
export interface CompileBounds {
  /** Its first compiler, in milliseconds: the guest that calls the function first waits for it, and all others with it. */
  readonly maxFunctionCompileMs: number;
  /** Its second compiler, which works on other threads, in bytes of memory. */
  readonly maxFunctionCompileBytes: number;
}

/**
 * A body of at most so many bytes, locals, and values that a call of it or of any other function takes and gives, compiles in some 13 ms whatever is in it, mostly
 * in 0.2. It is not looked at.
 */
const SMALL_BYTES = 4096;
const SMALL_LOCALS = 64;
const SMALL_VALUES = 32;

/** What takes longer to compile begins with a check, so that the compiling of many functions in a row is interrupted. */
const CHECKED_NS = 150_000;
/** Of a body that is not looked at. */
const CHECKED_BYTES = 512;

/** By index among a module's own functions: 1 for those that begin with a check. */
export type CostlyFunctions = Uint8Array;

/**
 * Looks at all bodies of a module before V8 does, which takes as long to validate some as to compile them. What is malformed is left to V8.
 *
 * Throws `HostError` where V8 could take more than the bounds for a function.
 */
export function boundCompiling(module: CoreModule, bounds: CompileBounds): CostlyFunctions {
  const cost = new CompileCost(module);
  const areSmall = mostValues(module) <= SMALL_VALUES;
  const { bytes, importedFunctionCount: first, functionTypes } = module;
  const costly = new Uint8Array(functionTypes.length - first);
  let index = first;
  readVector(contentOf(bytes, module.sections, SECTION.code), (reader) => {
    const byteLength = reader.u32();
    const body = new ByteReader(bytes, reader.at, reader.at + byteLength);
    reader.skip(byteLength);
    const type = module.types[functionTypes[index] ?? -1];
    const locals = type && countLocals(body, type);
    if (type !== undefined && locals !== undefined) {
      const isSmall = areSmall && byteLength <= SMALL_BYTES && locals <= SMALL_LOCALS;
      const shape = isSmall ? undefined : shapeOf(cost, body, { locals, results: type.results });
      if (shape !== undefined) assertWithin(shape, bounds, () => describeFunction(module, index));
      costly[index - first] = (shape === undefined ? byteLength > CHECKED_BYTES : shape.ns > CHECKED_NS) ? 1 : 0;
    }
    index++;
  });
  return costly;
}

/** The most values that any function or block takes and gives, or any struct is made of. */
function mostValues({ types, fieldCounts }: CoreModule): number {
  const most = types.reduce((sum, type) => Math.max(sum, type === undefined ? 0 : type.params + type.results), 0);
  return fieldCounts.reduce((sum, fields) => Math.max(sum, fields), most);
}

/** Goes to the first instruction. Gives how many locals there are, params with them; `undefined` where the body is malformed. */
function countLocals(body: ByteReader, { params }: FunctionArity): number | undefined {
  return unlessMalformed(() => {
    let count = params;
    for (let groups = body.count(); groups > 0; groups--) {
      count += body.u32();
      readValueType(body);
    }
    return count <= MAX_LOCALS ? count : undefined;
  });
}

function shapeOf(
  cost: CompileCost,
  { at, end }: ByteReader,
  size: { locals: number; results: number },
): FunctionShape | undefined {
  return unlessMalformed(() => cost.shapeOf(at, end, size));
}

/** V8 stops where this does, or before. */
function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof HostError && error.code === 'bad-component') return undefined;
    throw error;
  }
}

function assertWithin(shape: FunctionShape, bounds: CompileBounds, describe: () => string): void {
  const ms = Math.ceil(shape.ns / 1e6);
  const { maxFunctionCompileMs: maxMs, maxFunctionCompileBytes: maxBytes } = bounds;
  const isSlow = shape.ns > maxMs * 1e6;
  if (!isSlow && shape.bytes <= maxBytes) return;
  const { byteLength, locals, operands, blocks, branches, calls } = shape;
  const has = `${byteLength} bytes, ${locals} locals, ${blocks} blocks, ${branches} branches, ${calls} calls and up to ${operands} operands`;
  const takes = isSlow
    ? `up to ${ms} ms to compile, where ${maxMs} are allowed (--limit function-compile-ms)`
    : `up to ${shape.bytes} bytes of memory to compile, where ${maxBytes} are allowed (--limit function-compile-bytes)`;
  throw new HostError(
    'bad-component',
    `core module: ${describe()} has ${has}: it may take ${takes}; split the function, or permit more`,
  );
}
