import { CODE_COUNT, OP, PREFIX_BASE } from '../../wasm/opcodes.ts';

/**
 * How much work a path may do between two checks, in units of about half a nanosecond. An instruction costs one unit per byte, plus what `WEIGHTS` adds.
 * This is about 20 µs of plain instructions, or 0.2 ms of loads that all miss the cache.
 */
export const MAX_UNITS = 32_768;

/** A function that costs more without a check begins with one. So this is also the most that a call of an unknown function costs. */
export const MAX_UNCHECKED_UNITS = 256;

/**
 * How much a function may do without a check between a call's return and its own. When a deep stack unwinds, each function on it does so; V8's stacks hold
 * about 20,000 of the smallest functions.
 */
export const MAX_UNWINDING_UNITS = 1024;

/**
 * The most microseconds that V8 may take to compile the functions called between two checks, if none has been called before; and the most for a function,
 * with its callees, that does not begin with a check. So the second is also the most for an unknown function.
 */
export const MAX_COMPILE_MICROS = 20_000;
export const MAX_UNCHECKED_COMPILE_MICROS = 1000;

/** Instructions with at least this weight are handled individually. */
export const HEAVY = 64;

/** The effect of a control instruction on paths. `pass`: none. */
export const KIND = Object.freeze({
  pass: 0,
  block: 1,
  loop: 2,
  if: 3,
  tryTable: 4,
  arm: 5,
  catchArm: 6,
  end: 7,
  branch: 8,
  branchIf: 9,
  branchTable: 10,
  return: 11,
  stop: 12,
  throw: 13,
  call: 14,
  callIndirect: 15,
  returnCall: 16,
  returnCallIndirect: 17,
  unbounded: 18,
} as const);

/** Whether an instruction writes as much of an array as its last operand specifies. */
export function isArrayBulk(code: number): boolean {
  return KINDS[code] === KIND.unbounded && code >= PREFIX_BASE.gc && code < PREFIX_BASE.misc;
}

/** Whether an instruction blocks the thread until another thread wakes it (there is none), or its timeout expires. */
export function isAtomicWait(code: number): boolean {
  return code === OP.atomicWait32 || code === OP.atomicWait64;
}

const GC = PREFIX_BASE.gc;
const ATOMIC = PREFIX_BASE.atomic;

/** Source: core specification 3.0, 5.4 "Instructions"; legacy exceptions from the proposal of that name. */
const KIND_ROWS: readonly (readonly [kind: number, codes: readonly number[]])[] = [
  [KIND.block, [OP.block, OP.try]],
  [KIND.loop, [OP.loop]],
  [KIND.if, [OP.if]],
  [KIND.tryTable, [OP.tryTable]],
  [KIND.arm, [OP.else]],
  [KIND.catchArm, [OP.catch, OP.catchAll]],
  [KIND.end, [OP.end, OP.delegate]],
  [KIND.branch, [OP.br]],
  [KIND.branchIf, [OP.brIf, OP.brOnNull, OP.brOnNonNull, OP.brOnCast, OP.brOnCastFail]],
  [KIND.branchTable, [OP.brTable]],
  [KIND.return, [OP.return]],
  [KIND.stop, [OP.unreachable]],
  [KIND.throw, [OP.throw, OP.rethrow, OP.throwRef]],
  [KIND.call, [OP.call]],
  [KIND.callIndirect, [OP.callIndirect, OP.callRef]],
  [KIND.returnCall, [OP.returnCall]],
  [KIND.returnCallIndirect, [OP.returnCallIndirect, OP.returnCallRef]],
  // The time that these take depends on their operands.
  [KIND.unbounded, [OP.atomicWait32, OP.atomicWait64]],
  [KIND.unbounded, [OP.memoryGrow, OP.tableGrow, OP.tableFill]],
  [KIND.unbounded, [OP.arrayNew, OP.arrayNewDefault, OP.arrayNewData, OP.arrayNewElem]],
  [KIND.unbounded, [OP.arrayFill, OP.arrayCopy, OP.arrayInitData, OP.arrayInitElem]],
];

/** The kind of each instruction, by code. */
export const KINDS = toKinds();

function toKinds(): Uint8Array {
  const kinds = new Uint8Array(CODE_COUNT);
  for (const [kind, codes] of KIND_ROWS) for (const code of codes) kinds[code] = kind;
  return kinds;
}

/** The cost of a load or store, besides its bytes. */
export const LOAD_UNITS = 16;

type WeightRow = readonly [weight: number, first: number, last?: number];

/** A cache miss, a division or a call into V8 takes longer than its few bytes suggest. Bulk instructions have the cost of short ones. */
const WEIGHT_ROWS: readonly WeightRow[] = [
  [LOAD_UNITS, OP.i32Load, OP.i64Store32],
  [16, OP.tableGet, OP.tableSet],
  [16, OP.i32DivS, OP.i32RemU],
  [16, OP.i64DivS, OP.i64RemU],
  [16, OP.f32Sqrt],
  [16, OP.f32Div],
  [16, OP.f64Sqrt],
  [16, OP.f64Div],
  [HEAVY, OP.refFunc],
  [16, GC, GC + 0x1e],
  [256, OP.structNew, OP.structNewDefault],
  [256, OP.arrayNewFixed],
  [128, OP.memoryInit, OP.tableCopy],
  [16, PREFIX_BASE.simd, PREFIX_BASE.simd + 11],
  [16, PREFIX_BASE.simd + 0x54, PREFIX_BASE.simd + 0x5d],
  [16, PREFIX_BASE.simd + 0xe3],
  [16, PREFIX_BASE.simd + 0xe7],
  [16, PREFIX_BASE.simd + 0xef],
  [16, PREFIX_BASE.simd + 0xf3],
  [256, ATOMIC, ATOMIC + 2],
  [32, ATOMIC + 3, ATOMIC + 0x4e],
];

/** The cost of an instruction besides its bytes, by code. */
export const WEIGHTS = toWeights();

function toWeights(): Uint16Array {
  const weights = new Uint16Array(CODE_COUNT);
  for (const [weight, first, last = first] of WEIGHT_ROWS) weights.fill(weight, first, last + 1);
  return weights;
}
