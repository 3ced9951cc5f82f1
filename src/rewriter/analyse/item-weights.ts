import { CODE_COUNT, OP, PREFIX_BASE } from '../../wasm/opcodes.ts';

/**
 * What V8 takes to compile a part of a function: nanoseconds of its first compiler on a core of the machine of scripts/bench/README.md, for which the guest waits; bytes of
 * memory of its second compiler, on other threads; and bytes of code from the first. Measured on families of functions
 * (`scripts/bench/inside/compile-bombs.ts`), and rounded up.
 */
export interface Weight {
  readonly ns: number;
  readonly bytes: number;
  /** The size of the first compiler's machine code. */
  readonly code: number;
}

/** The parts of a function, each with V8's cost for one. */
const ITEMS = {
  /** Instructions by class. */
  plain: { ns: 30, bytes: 400, code: 16 },
  load: { ns: 50, bytes: 2000, code: 16 },
  store: { ns: 400, bytes: 1400, code: 50 },
  block: { ns: 1000, bytes: 2000, code: 24 },
  branch: { ns: 250, bytes: 1200, code: 24 },
  /** The second compiler's time is quadratic in the number of loops, including those of array instructions. Its memory stands for the time. */
  loop: { ns: 1000, bytes: 40_000, code: 60 },
  arrayLoop: { ns: 1000, bytes: 50_000, code: 150 },
  call: { ns: 400, bytes: 1400, code: 40 },
  indirectCall: { ns: 2500, bytes: 6500, code: 110 },
  division: { ns: 700, bytes: 2000, code: 60 },
  table: { ns: 600, bytes: 3500, code: 60 },
  misc: { ns: 1600, bytes: 7000, code: 110 },
  gc: { ns: 1000, bytes: 3000, code: 80 },
  vector: { ns: 500, bytes: 500, code: 60 },
  atomic: { ns: 1600, bytes: 2000, code: 70 },

  local: { ns: 60, bytes: 100, code: 4 },
  /** The second compiler scans each loop ahead, and nested loops again. Its memory stands for the time. */
  loopByte: { ns: 0.2, bytes: 4, code: 0 },
  /** A target of a `br_table`, a clause of a `try_table`. */
  target: { ns: 150, bytes: 700, code: 12 },
  clause: { ns: 1000, bytes: 900, code: 100 },

  /** A local or an operand at a merge point, where all of them are merged. */
  valueAtBlock: { ns: 15, bytes: 30, code: 0 },
  valueAtBranch: { ns: 2, bytes: 50, code: 0 },
  valueAtCall: { ns: 3, bytes: 12, code: 0 },
  /** The same at an assignment of a local: it may need a register, and V8 searches for the values in it. */
  valueAtAssignment: { ns: 0.4, bytes: 0, code: 0 },

  /** An operand that such an instruction pops or pushes. */
  operandOfBlock: { ns: 100, bytes: 120, code: 8 },
  operandOfBranch: { ns: 60, bytes: 60, code: 8 },
  operandOfCall: { ns: 100, bytes: 100, code: 8 },
  operandOfIndirectCall: { ns: 100, bytes: 1500, code: 8 },
  /** By the square of a call's number of values: each is moved to a place that another may occupy. */
  operandOfCallSquared: { ns: 3, bytes: 0, code: 0 },
  operandOfThrow: { ns: 200, bytes: 5500, code: 30 },
  field: { ns: 150, bytes: 700, code: 12 },
} satisfies Record<string, Weight>;

type ItemName = keyof typeof ITEMS;

const NAMES = Object.keys(ITEMS) as ItemName[];

/** The number of each item, by name. */
export const ITEM = Object.freeze(Object.fromEntries(NAMES.map((name, index) => [name, index]))) as Readonly<
  Record<ItemName, number>
>;

/** The weights, by the item's number. */
export const ITEM_WEIGHTS: readonly Weight[] = NAMES.map((name) => ITEMS[name]);

/** By code of an instruction that begins a block: the number of merge points it adds. A loop gets a check, which is an `if`. */
export const BLOCK_STARTS = toTable([
  [OP.block, 1],
  [OP.loop, 3],
  [OP.if, 2],
  [OP.try, 2],
  [OP.tryTable, 2],
]);

/** The item of an instruction, by code. */
export const CLASSES = Uint8Array.from({ length: CODE_COUNT }, (_, code) => classOf(code));

function toTable(rows: readonly (readonly [code: number, starts: number])[]): Uint8Array {
  const table = new Uint8Array(CODE_COUNT);
  for (const [code, starts] of rows) table[code] = starts;
  return table;
}

export function isCall(code: number): boolean {
  return code >= OP.call && code <= OP.returnCallRef;
}

function classOf(code: number): number {
  if (code >= PREFIX_BASE.atomic) return ITEM.atomic;
  if (code >= PREFIX_BASE.simd) return ITEM.vector;
  if (code >= PREFIX_BASE.misc) return ITEM.misc;
  if (code >= PREFIX_BASE.gc) return isArrayLoop(code - PREFIX_BASE.gc) ? ITEM.arrayLoop : ITEM.gc;
  if (isCall(code)) return code === OP.call || code === OP.returnCall ? ITEM.call : ITEM.indirectCall;
  if (code === OP.loop) return ITEM.loop;
  if (BLOCK_STARTS[code] !== 0) return ITEM.block;
  if ((code >= OP.else && code <= OP.return) || code >= OP.brOnNull) return ITEM.branch;
  if (code === OP.tableGet || code === OP.tableSet) return ITEM.table;
  if (code >= OP.i32Load && code < OP.i32Store) return ITEM.load;
  if (code >= OP.i32Store && code <= OP.memoryGrow) return ITEM.store;
  return isDivision(code) ? ITEM.division : ITEM.plain;
}

/** `array.new`, `array.new_default`, `array.new_data`, `array.new_elem`, `array.fill`, `array.copy`, `array.init_data`, `array.init_elem`. */
function isArrayLoop(code: number): boolean {
  return code === 6 || code === 7 || code === 9 || code === 10 || (code >= 16 && code <= 19);
}

/** Divisions, and conversions of floats to integers: each may trap. */
function isDivision(code: number): boolean {
  return (code >= 0x6d && code <= 0x70) || (code >= 0x7f && code <= 0x82) || (code >= 0xa8 && code <= 0xb1);
}
