import { loadBulk, loadBytes, storeBulk } from '../bulk.ts';
import { finishLater } from '../canon.ts';
import { checkAlive, checkMayLeave, enterFrom, leaveTo } from '../component-instance.ts';
import type { CanonicalOptions } from '../context.ts';
import { partsOf } from '../despecialize.ts';
import { checkRange, checkWritable } from '../guest-memory.ts';
import { wrapI64ToI32 } from '../lift-flat.ts';
import { checkListRange } from '../load.ts';
import { LOAD_STRING } from '../load-string.ts';
import {
  canonicalizeNan,
  charToI32,
  convertI32ToChar,
  decodeI32AsFloat,
  decodeI64AsFloat,
  encodeFloatAsI32,
  encodeFloatAsI64,
  storeF32,
  storeF64,
  trapNoCase,
} from '../numbers.ts';
import { liftBorrow, liftOwn, lowerBorrow, lowerOwn } from '../resources.ts';
import { isNone, isTrue, lengthOf, throwNoCase, throwNotNumber, throwNotRep } from '../shape.ts';
import { allocateList } from '../store.ts';
import { STORE_STRING } from '../store-string.ts';
import type { ValType } from '../types.ts';
import { CodeWriter } from './code-writer.ts';

/** A type with more parts than this gets a separate function, which V8 compiles and inlines as it sees fit. */
const MAX_INLINE_PARTS = 24;

/**
 * Writes the code of one function. All `emit…` functions take it as their first argument.
 *
 * In the emitted code, `cx` is the context, and `view` the view of its memory.
 */
export interface Emitter {
  readonly code: CodeWriter;
  readonly opts: CanonicalOptions;
  /** The helper functions written so far, by the type that they load or store. */
  readonly loaders: Map<ValType, string>;
  readonly storers: Map<ValType, string>;
}

export function createEmitter(opts: CanonicalOptions): Emitter {
  return { code: new CodeWriter(), opts, loaders: new Map(), storers: new Map() };
}

/** Runs the emitted code, which may use the interpreter's primitives by name. */
export function runEmitted(e: Emitter, url: string): unknown {
  return e.code.run(url, {
    ...PRIMITIVES,
    loadString: LOAD_STRING[e.opts.stringEncoding],
    storeString: STORE_STRING[e.opts.stringEncoding],
  });
}

/** Emitted code checks, traps and copies with the same functions as the interpreter: only the walk over the type differs. */
const PRIMITIVES = {
  allocateList,
  canonicalizeNan,
  charToI32,
  checkAlive,
  checkListRange,
  checkMayLeave,
  checkRange,
  checkWritable,
  convertI32ToChar,
  decodeI32AsFloat,
  decodeI64AsFloat,
  encodeFloatAsI32,
  encodeFloatAsI64,
  enterFrom,
  finishLater,
  isNone,
  isTrue,
  leaveTo,
  lengthOf,
  liftBorrow,
  liftOwn,
  loadBulk,
  loadBytes,
  lowerBorrow,
  lowerOwn,
  storeBulk,
  storeF32,
  storeF64,
  throwNoCase,
  throwNotNumber,
  throwNotRep,
  trapNoCase,
  wrapI64ToI32,
} as const;

/** Whether the code for `t` belongs in a separate function. */
export function isLarge(t: ValType): boolean {
  return countParts(t, MAX_INLINE_PARTS) > MAX_INLINE_PARTS;
}

/** Counts up to slightly more than `max`: for types that refer to others many times, the number is exponential. */
function countParts(t: ValType, max: number): number {
  let count = 1;
  for (const part of partsOf(t)) {
    if (count > max) break;
    count += countParts(part, max - count);
  }
  return count;
}
