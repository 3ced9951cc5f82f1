import { ByteReader } from '../../wasm/byte-reader.ts';
import { CompileCost, type FunctionShape } from './compile-cost.ts';
import { contentOf, type CoreModule, readVector } from '../core-module.ts';
import { describeFunction } from './describe-function.ts';
import { HostError } from '../../util/host-error.ts';
import { SECTION } from '../../wasm/sections.ts';
import { MAX_LOCALS } from './survey.ts';
import { type FunctionArity, readValueType } from '../../wasm/types.ts';

/** The limits on what V8 may take to compile functions. */
export interface CompileBounds {
  /** The time for the first compiler, in milliseconds: the first guest to call the function waits for it, and all others with it. */
  readonly maxFunctionCompileMs: number;
  /** The memory for the second compiler, which runs on other threads, in bytes. */
  readonly maxFunctionCompileBytes: number;
  /** The size of the code that V8 generates for all functions, in bytes: V8 ends a process with more than 4 GiB of code. */
  readonly maxCodeBytes: number;
}

/**
 * A body with at most this many bytes and locals, in a module whose functions have at most this many params and results, compiles in about 13 ms at worst,
 * mostly in 0.2 ms. It is not inspected.
 */
const SMALL_BYTES = 4096;
const SMALL_LOCALS = 64;
const SMALL_VALUES = 32;

/** Functions that take longer to compile begin with a check, so that compiling many functions in a row can be interrupted. */
const CHECKED_NS = 150_000;
/** The estimate for a body that is not inspected. */
const CHECKED_BYTES = 512;
const MAX_MICROS = 0xffff;

/** How long V8's first compiler takes for each of the module's own functions. */
export interface CompileTimes {
  /** 1 for functions that begin with a check. */
  readonly costly: Uint8Array;
  /** In microseconds, at most 65,535. */
  readonly micros: Uint16Array;
}

/** What is known about a module's bodies. */
export interface CompileCosts extends CompileTimes {
  /** An upper bound on the size of the machine code. */
  readonly codeBytes: number;
}

/**
 * Inspects the bodies of modules before V8 does, for which validating some of them takes as long as compiling. Malformed modules are left to V8:
 * `undefined` stands for one.
 *
 * Throws `HostError` if V8 could exceed the bounds.
 */
export function boundCompiling(
  modules: readonly (CoreModule | undefined)[],
  bounds: CompileBounds,
): (CompileCosts | undefined)[] {
  const inspect = (how: 'roughly' | 'closely') => modules.map((module) => module && inspectBodies(module, bounds, how));
  const roughly = inspect('roughly');
  if (sumCode(roughly) <= bounds.maxCodeBytes) return roughly;
  const closely = inspect('closely');
  assertCodeWithin(sumCode(closely), bounds);
  return closely;
}

function sumCode(costs: readonly (CompileCosts | undefined)[]): number {
  return costs.reduce((sum, cost) => sum + (cost?.codeBytes ?? 0), 0);
}

function assertCodeWithin(codeBytes: number, { maxCodeBytes }: CompileBounds): void {
  if (codeBytes <= maxCodeBytes) return;
  const limit = `the limit is ${maxCodeBytes} (--limit code-bytes)`;
  throw new HostError(
    'bad-component',
    `V8 could generate ${codeBytes} bytes of code for the component's functions, ${limit}; remove unused code, or raise the limit`,
  );
}

/** `roughly` skips small bodies, if nothing in the module has many params or results. */
function inspectBodies(module: CoreModule, bounds: CompileBounds, how: 'roughly' | 'closely'): CompileCosts {
  const values = mostValues(module);
  const passesSmall = how === 'roughly' && values <= SMALL_VALUES;
  const cost = new CompileCost(module);
  const { bytes, importedFunctionCount: first, functionTypes } = module;
  const costly = new Uint8Array(functionTypes.length - first);
  const micros = new Uint16Array(functionTypes.length - first);
  let codeBytes = 0;
  let index = first;
  readVector(contentOf(bytes, module.sections, SECTION.code), (reader) => {
    const byteLength = reader.u32();
    const body = new ByteReader(bytes, reader.at, reader.at + byteLength);
    reader.skip(byteLength);
    const type = module.types[functionTypes[index] ?? -1];
    const locals = type && countLocals(body, type);
    if (type !== undefined && locals !== undefined) {
      const isPassed = passesSmall && byteLength <= SMALL_BYTES && locals <= SMALL_LOCALS;
      const shape = isPassed ? undefined : shapeOf(cost, body, { locals, results: type.results });
      if (shape !== undefined) assertWithin(shape, bounds, () => describeFunction(module, index));
      codeBytes += shape?.code ?? byteLength * codePerByte(values);
      costly[index - first] = (shape === undefined ? byteLength > CHECKED_BYTES : shape.ns > CHECKED_NS) ? 1 : 0;
      micros[index - first] = Math.min(MAX_MICROS, (shape?.ns ?? byteLength * nsPerByte(values)) / 1000);
    }
    index++;
  });
  return { costly, micros, codeBytes };
}

/** An upper bound on the code for a body that is not inspected: a call of two bytes may move this many values. */
function codePerByte(values: number): number {
  return 55 + 4 * values;
}

/** The same for its time, in nanoseconds: such a call, and blocks of two bytes at which all locals are merged. */
function nsPerByte(values: number): number {
  return Math.max(1300, (400 + 100 * values + 3 * values * values) / 2);
}

/** The most params and results of any function or block, or fields of any struct. */
function mostValues({ types, fieldCounts }: CoreModule): number {
  const most = types.reduce((sum, type) => Math.max(sum, type === undefined ? 0 : type.params + type.results), 0);
  return fieldCounts.reduce((sum, fields) => Math.max(sum, fields), most);
}

/** Skips to the first instruction. Returns the number of locals, including params; `undefined` if the body is malformed. */
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

/** V8 rejects the module at the same point, or earlier. */
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
    ? `up to ${ms} ms to compile, the limit is ${maxMs} (--limit function-compile-ms)`
    : `up to ${shape.bytes} bytes of memory to compile, the limit is ${maxBytes} (--limit function-compile-bytes)`;
  throw new HostError(
    'bad-component',
    `core module: ${describe()} has ${has}: it may take ${takes}; split the function, or raise the limit`,
  );
}
