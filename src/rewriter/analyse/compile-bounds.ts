import { ByteReader } from '../../wasm/byte-reader.ts';
import { CompileCost, type FunctionShape } from './compile-cost.ts';
import { contentOf, type CoreModule, readVector } from '../core-module.ts';
import { describeFunction } from './describe-function.ts';
import { HostError } from '../../util/host-error.ts';
import { SECTION } from '../../wasm/sections.ts';
import { MAX_LOCALS } from './survey.ts';
import { type FunctionArity, readValueType } from '../../wasm/types.ts';

/** What V8 may take to compile one function. */
export interface CompileBounds {
  /** Its first compiler, in milliseconds: the guest that calls the function first waits for it, and all others with it. */
  readonly maxFunctionCompileMs: number;
  /** Its second compiler, which works on other threads, in bytes of memory. */
  readonly maxFunctionCompileBytes: number;
  /** The code that V8 makes of all functions, in bytes: it ends a process with more than 4 GiB of that. */
  readonly maxCodeBytes: number;
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
const MAX_MICROS = 0xffff;

/** How long V8's first compiler takes for functions, by index among the module's own. */
export interface CompileTimes {
  /** 1 for those that begin with a check. */
  readonly costly: Uint8Array;
  /** In microseconds, 65,535 at most. */
  readonly micros: Uint16Array;
}

/** What is known of a module's bodies. */
export interface CompileCosts extends CompileTimes {
  /** Of machine code, or more. */
  readonly codeBytes: number;
}

/**
 * Looks at the bodies of modules before V8 does, which takes as long to validate some as to compile them. What is malformed is left to V8:
 * `undefined` stands for a module that is.
 *
 * Throws `HostError` where V8 could take more than the bounds.
 */
export function boundCompiling(
  modules: readonly (CoreModule | undefined)[],
  bounds: CompileBounds,
): (CompileCosts | undefined)[] {
  const look = (how: 'roughly' | 'closely') => modules.map((module) => module && lookAtBodies(module, bounds, how));
  const roughly = look('roughly');
  if (sumCode(roughly) <= bounds.maxCodeBytes) return roughly;
  const closely = look('closely');
  assertCodeWithin(sumCode(closely), bounds);
  return closely;
}

function sumCode(costs: readonly (CompileCosts | undefined)[]): number {
  return costs.reduce((sum, cost) => sum + (cost?.codeBytes ?? 0), 0);
}

function assertCodeWithin(codeBytes: number, { maxCodeBytes }: CompileBounds): void {
  if (codeBytes <= maxCodeBytes) return;
  const allowed = `${maxCodeBytes} are allowed (--limit code-bytes)`;
  throw new HostError(
    'bad-component',
    `V8 could make ${codeBytes} bytes of code of the component's functions, where ${allowed}; leave out what is not needed, or permit more`,
  );
}

/** Roughly: small bodies are passed, where nothing in the module takes or gives many values. */
function lookAtBodies(module: CoreModule, bounds: CompileBounds, how: 'roughly' | 'closely'): CompileCosts {
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

/** Of a body that is not looked at, at most: a call of two bytes moves so many values. */
function codePerByte(values: number): number {
  return 55 + 4 * values;
}

/** The same in nanoseconds: such a call, and blocks of two bytes that bring all locals to one place. */
function nsPerByte(values: number): number {
  return Math.max(1300, (400 + 100 * values + 3 * values * values) / 2);
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
