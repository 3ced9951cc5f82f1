import { ByteWriter } from '../../wasm/byte-writer.ts';
import type { Callers } from './callers.ts';
import type { CheckEmitter } from './check-emitter.ts';
import { emitCallHost, type HostFunction } from './host-functions.ts';
import type { Instructions } from '../../wasm/instructions.ts';
import {
  emitSumOrOutOfBounds,
  emitCheckRange,
  emitGrow,
  emitGrowTable,
  emitGrowUntracked,
  emitMark,
  emitMarkFirst,
  emitMarkRange,
  emitSize,
  I32_EQ,
  LOCAL_0,
  LOCAL_1,
  LOCAL_2,
  MINUS_ONE,
  type CardPlace,
} from './emit.ts';
import { OP, PREFIX_BASE } from '../../wasm/opcodes.ts';
import { emitPassLong, emitPieces } from './pieces.ts';

const I32 = 0x7f;
const I64 = 0x7e;
const F32 = 0x7d;
const F64 = 0x7c;
const V128 = 0x7b;
const VOID = 0x40;

/** The type that a store takes, by its code less that of `i32.store`. */
const STORED: readonly number[] = Object.freeze([I32, I64, F32, F64, I32, I32, I64, I64, I64]);
/** The type that an atomic instruction takes, by width, in the order i32, i64, i32 8, i32 16, i64 8, i64 16, i64 32. */
const ATOMIC_VALUES: readonly number[] = Object.freeze([I32, I64, I32, I32, I64, I64, I64]);

/** For each float type: the integer type of the same size, and the instructions that reinterpret one as the other. */
const FLOATS = Object.freeze({
  f32: { integer: I32, toInteger: 0xbc, toFloat: 0xbe },
  f64: { integer: I64, toInteger: 0xbd, toFloat: 0xbf },
} as const);

/** Real modules have about 1,300; beyond this many, stores with further offsets share functions. */
const MAX_STORE_HELPERS = 4096;

/** Shape: a value type is a byte, or an array of several. */
type FunctionType = readonly [params: readonly (number | readonly number[])[], results: readonly number[]];

/** Writes the body of function `index`, without creating others meanwhile. Returns the function's type. */
type Emit = (body: ByteWriter, index: number) => FunctionType;

/** A function that the rewriter adds. Shape of `type` and `body`: as in the type and code sections. */
export type Helper = { readonly type: Uint8Array; readonly body: Uint8Array; readonly unlikely: readonly number[] };

/** The longest array, of 16-byte elements: V8 takes about 30 ms to create it, and seconds for the longest that it permits. */
const MAX_ARRAY_ELEMENTS = 4 * 1024 * 1024;

const isLaneStore = (code: number): boolean => code >= OP.v128Store8Lane && code <= OP.v128Store64Lane;

/** The most lanes of a vector. */
const LANES = 16;

const laneOf = ({ code, lane }: Instructions): number => (isLaneStore(code) ? lane : 0);

/** Pushes the operands of a store after its address. */
function emitOperands(body: ByteWriter, count: number): void {
  for (let local = 1; local <= count; local++) body.append([OP.localGet, local]);
}

/** Shape: the code of a store is a single byte after its prefix. */
function emitOpcode(body: ByteWriter, code: number): void {
  if (code < PREFIX_BASE.gc) body.byte(code);
  else if (code < PREFIX_BASE.atomic) body.append([0xfd, code - PREFIX_BASE.simd]);
  else body.append([0xfe, code - PREFIX_BASE.atomic]);
}

/** Whether an instruction stores to an address on the operand stack, in the memory that its memory argument names. */
export function isStore(code: number): boolean {
  return code < PREFIX_BASE.gc
    ? code >= OP.i32Store && code <= OP.i64Store32
    : code === OP.v128Store ||
        (code >= OP.v128Store8Lane && code <= OP.v128Store64Lane) ||
        (code >= OP.i32AtomicStore && code <= OP.i64AtomicRmw32Cmpxchg);
}

/** The operands of a store after its address. Shape: value types. */
function operandsOf(code: number): readonly number[] {
  if (code < PREFIX_BASE.gc) return [STORED[code - OP.i32Store] as number];
  if (code < PREFIX_BASE.atomic) return [V128];
  const value = ATOMIC_VALUES[(code - OP.i32AtomicStore) % ATOMIC_VALUES.length] as number;
  return code >= OP.i32AtomicRmwCmpxchg ? [value, value] : [value];
}

/** The results of a store: read-modify-write instructions return the old value. */
function resultsOf(code: number): readonly number[] {
  return code >= OP.i32AtomicRmwAdd ? operandsOf(code).slice(0, 1) : [];
}

/** The memory that a bulk instruction writes, from its indices; `undefined` if it writes a table. */
export function writtenMemory(code: number, index: number, index2: number): number | undefined {
  if (code === OP.memoryInit) return index2;
  return code === OP.memoryCopy || code === OP.memoryFill ? index : undefined;
}

/** What becomes of a memory or a table that cannot grow: the instruction gives -1, as the specification says, or traps. */
export type GrowFailure = 'returned' | 'traps';

interface HelperOptions {
  readonly marks: 'on' | 'off';
  readonly growFailure: GrowFailure | undefined;
}

/** Provides the functions that replace instructions, each created once. Their indices follow the module's own. */
export class HelperFunctions {
  readonly #place: CardPlace;
  /** Whether stores to memory 0 are marked. */
  readonly #marks: 'on' | 'off';
  readonly #growFailure: GrowFailure;
  readonly #callers: Callers;
  readonly #firstIndex: number;
  readonly #indices = new Map<string, number>();
  /** The functions of `store`, by code, then by offset and lane: they are looked up for every store, too often to build a string key. */
  readonly #stores: Map<number, number>[] = [];
  readonly made: Helper[] = [];
  #usesCards = false;

  constructor(
    place: CardPlace,
    { marks, growFailure = 'returned' }: HelperOptions,
    callers: Callers,
    firstIndex: number,
  ) {
    this.#place = place;
    this.#marks = marks;
    this.#growFailure = growFailure;
    this.#callers = callers;
    this.#firstIndex = firstIndex;
  }

  /** Whether a function that uses cards was provided. */
  get usesCards(): boolean {
    return this.#usesCards;
  }

  /** The function that marks the page of the store just read, then stores. `undefined` if there are too many of these: use `storeAt`. */
  store(instructions: Instructions): number | undefined {
    const { bytes, code, start, at, offset } = instructions;
    // Alignment is not part of the key: it is a hint, and for atomic instructions it is fixed.
    const known = (this.#stores[code] ??= new Map<number, number>());
    const key = offset * LANES + laneOf(instructions);
    const index = known.get(key);
    if (index !== undefined) return index;
    if (this.made.length >= MAX_STORE_HELPERS) return undefined;
    const markFirst = this.#markFirst();
    const made = this.#make((body) => {
      const operands = operandsOf(code);
      emitMark(body, this.#place, offset, markFirst);
      body.append(LOCAL_0);
      emitOperands(body, operands.length);
      body.copy(bytes, start, at);
      return [[I32, ...operands], resultsOf(code)];
    });
    known.set(key, made);
    return made;
  }

  /** Like `store`, but the function takes the offset as its last operand. */
  storeAt(instructions: Instructions): number {
    const { code, alignment } = instructions;
    const markFirst = this.#markFirst();
    return this.#getForCards(`${code} at ${laneOf(instructions)}`, (body) => {
      const operands = operandsOf(code);
      emitSumOrOutOfBounds(body, operands.length + 1);
      emitMark(body, this.#place, 0, markFirst);
      emitOperands(body, operands.length);
      emitOpcode(body, code);
      body.append([alignment, 0]);
      if (isLaneStore(code)) body.byte(instructions.lane);
      return [[I32, ...operands, I32], resultsOf(code)];
    });
  }

  /**
   * The function that performs the bulk instruction just read, and marks what it wrote if the memory is tracked. With `checks`, a long operation is done in
   * pieces, with a check after each.
   */
  bulk(instructions: Instructions, checks: CheckEmitter | undefined): number {
    const { code, index, index2 } = instructions;
    const key = `${code} ${index} ${index2}`;
    if (checks === undefined) {
      return this.#get(key, (body) => {
        this.#emitCheckRange(body, instructions);
        return this.#emitBulk(body, instructions);
      });
    }
    const piece = this.#get(`${key} of a piece`, (body) => this.#emitBulk(body, instructions));
    const long = this.#get(`${key} in pieces`, (body) => {
      emitPieces(body, { instructions, index: piece }, checks);
      const type = this.#emitBulk(body, instructions);
      checks.emit(body);
      return type;
    });
    return this.#get(`${key} with checks`, (body) => {
      // Checks the whole range before any piece of it is written.
      this.#emitCheckRange(body, instructions);
      emitPassLong(body, { instructions, index: long });
      return this.#emitBulk(body, instructions);
    });
  }

  /** The function that returns the vector in a global as two i64, the low half first. */
  getVector(global: number): number {
    return this.#get(`get ${global}`, (body) => {
      for (const lane of [0, 1]) {
        body.byte(OP.globalGet);
        body.u32(global);
        body.append([0xfd, 0x1d, lane]);
      }
      return [[], [I64, I64]];
    });
  }

  /** The function that sets the vector in a global. It takes two i64, the low half first. */
  setVector(global: number): number {
    return this.#get(`set ${global}`, (body) => {
      body.append([...LOCAL_0, 0xfd, 0x12, ...LOCAL_1, 0xfd, 0x1e, 1, OP.globalSet]);
      body.u32(global);
      return [[I64, I64], []];
    });
  }

  /** The function that returns the bits of the float in a global, as an integer. */
  getBits(global: number, type: string): number {
    const { integer, toInteger } = FLOATS[type === 'f32' ? 'f32' : 'f64'];
    return this.#get(`get ${global}`, (body) => {
      body.byte(OP.globalGet);
      body.u32(global);
      body.byte(toInteger);
      return [[], [integer]];
    });
  }

  /** The function that sets the float in a global from its bits. */
  setBits(global: number, type: string): number {
    const { integer, toFloat } = FLOATS[type === 'f32' ? 'f32' : 'f64'];
    return this.#get(`set ${global}`, (body) => {
      body.append([...LOCAL_0, toFloat, OP.globalSet]);
      body.u32(global);
      return [[integer], []];
    });
  }

  /** The function that returns the reported size of memory 0. */
  size(): number {
    return this.#getForCards('size', (body) => {
      emitSize(body, this.#place);
      return [[], [I32]];
    });
  }

  /** The function that grows the reported size of memory 0. It calls `takePages` before it asks V8 for pages. */
  grow(takePages: HostFunction): number {
    const grow = this.#getForCards('grow', (body) => {
      emitGrow(body, this.#place, () => emitCallHost(body, this.#callers, takePages));
      return [[I32], [I32]];
    });
    return this.#orTrap(grow, 'grow', [I32]);
  }

  /** The function that grows an untracked memory, if `takePages` allows it. */
  growUntracked(memory: number, takePages: HostFunction): number {
    const grow = this.#get(`grow ${memory}`, (body) => {
      emitGrowUntracked(body, memory, () => emitCallHost(body, this.#callers, takePages));
      return [[I32], [I32]];
    });
    return this.#orTrap(grow, `grow ${memory}`, [I32]);
  }

  /**
   * The function that checks the length of an array, or of a range in one. It returns the length, or, if writing that many elements in a single instruction
   * would take too long, the greatest possible length, for which V8 traps.
   */
  arrayLength(): number {
    return this.#get('array length', (body) => {
      body.append([OP.i32Const, 0x7f, ...LOCAL_0, ...LOCAL_0, OP.i32Const]);
      body.s32(MAX_ARRAY_ELEMENTS);
      body.append([OP.i32GtU, OP.select]);
      return [[I32], [I32]];
    });
  }

  /** The function that grows a table with elements of `type`, if `takeElements` allows it. Shape of `type`: as in the table section. */
  growTable(table: number, type: readonly number[], takeElements: HostFunction): number {
    const grow = this.#get(`grow table ${table}`, (body) => {
      emitGrowTable(body, table, () => emitCallHost(body, this.#callers, takeElements));
      return [[type, I32], [I32]];
    });
    return this.#orTrap(grow, `grow table ${table}`, [type, I32]);
  }

  /** The function that tells the host that a guest saw the word set, and traps if the host says so. */
  interrupt(func: HostFunction): number {
    return this.#get('interrupt', (body) => {
      emitCallHost(body, this.#callers, func);
      body.unlikely();
      body.append([OP.if, VOID, OP.unreachable, OP.end]);
      return [[], []];
    });
  }

  /** The function that marks the page of an address, or traps if it is beyond the guest's memory. */
  #markFirst(): number {
    return this.#getForCards('mark', (body) => {
      emitMarkFirst(body, this.#place);
      return [[I32], []];
    });
  }

  /** The operands of a bulk instruction that are addresses in memory 0, if it is tracked. */
  #startsOf({ code, index, index2 }: Instructions): (0 | 1)[] {
    if (this.#marks === 'off') return [];
    const isTarget = writtenMemory(code, index, index2) === 0;
    const isSource = code === OP.memoryCopy && index2 === 0;
    return [...(isTarget ? [0 as const] : []), ...(isSource ? [1 as const] : [])];
  }

  /** Emits code that traps if a bulk instruction, whose operands are the locals, goes beyond the guest's memory. */
  #emitCheckRange(body: ByteWriter, instructions: Instructions): void {
    const starts = this.#startsOf(instructions);
    if (starts.length === 0) return;
    this.#usesCards = true;
    emitCheckRange(body, this.#place, starts);
  }

  #emitBulk(body: ByteWriter, instructions: Instructions): FunctionType {
    const { bytes, start, at } = instructions;
    body.append([...LOCAL_0, ...LOCAL_1, ...LOCAL_2]);
    body.copy(bytes, start, at);
    if (this.#startsOf(instructions).includes(0)) {
      this.#usesCards = true;
      emitMarkRange(body, this.#place);
    }
    return [[I32, I32, I32], []];
  }

  /** The function that calls `grow`, and traps if the result is -1, if that is asked for; else `grow` itself. The last of `params` is an i32. */
  #orTrap(grow: number, key: string, params: FunctionType[0]): number {
    if (this.#growFailure === 'returned') return grow;
    return this.#get(`${key} or trap`, (body) => {
      for (const index of params.keys()) body.append([OP.localGet, index]);
      body.byte(OP.call);
      body.u32(grow);
      body.append([OP.localTee, params.length - 1, ...MINUS_ONE, I32_EQ, OP.if, VOID, OP.unreachable, OP.end]);
      body.append([OP.localGet, params.length - 1]);
      return [params, [I32]];
    });
  }

  #getForCards(key: string, emit: Emit): number {
    this.#usesCards = true;
    return this.#get(key, emit);
  }

  #get(key: string, emit: Emit): number {
    const known = this.#indices.get(key);
    if (known !== undefined) return known;
    // No locals other than the params, except for `grow`, which declares its own.
    const index = this.#make(emit, key === 'grow' ? 'its locals' : 'no locals');
    this.#indices.set(key, index);
    return index;
  }

  #make(emit: Emit, declares: 'no locals' | 'its locals' = 'no locals'): number {
    const body = new ByteWriter(64);
    if (declares === 'no locals') body.byte(0);
    const index = this.#firstIndex + this.made.length;
    const [params, results] = emit(body, index);
    body.byte(OP.end);
    const type = new Uint8Array([0x60, params.length, ...params.flat(), results.length, ...results]);
    this.made.push({ type, body: body.written(), unlikely: body.takeUnlikely(0) });
    return index;
  }
}
