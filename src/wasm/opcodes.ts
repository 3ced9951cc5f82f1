/**
 * The kinds of immediates that follow an opcode.
 *
 * Shape: `index` is one LEB128; `memory` is flags, an optional memory index, and an offset; `lane` is one byte; `memory-lane` is both.
 */
export const IMMEDIATE = Object.freeze({
  unknown: 0,
  none: 1,
  index: 2,
  memory: 3,
  i32: 4,
  block: 5,
  i64: 6,
  index2: 7,
  f32: 8,
  f64: 9,
  branchTable: 10,
  selectTypes: 11,
  tryTable: 12,
  heapType: 13,
  lane: 14,
  memoryLane: 15,
  bytes16: 16,
  castBranch: 17,
} as const);

type Immediate = keyof typeof IMMEDIATE;

/** The start of each prefix's opcodes in the tables below. Shape: `0xfb` to `0xfe`, 512 codes each. */
export const PREFIX_BASE = Object.freeze({ gc: 0x200, misc: 0x400, simd: 0x600, atomic: 0x800 } as const);
export const CODE_COUNT = 0xa00;

/** The opcodes that the rewriter handles individually. */
export const OP = Object.freeze({
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  try: 0x06,
  catch: 0x07,
  throw: 0x08,
  rethrow: 0x09,
  throwRef: 0x0a,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  returnCall: 0x12,
  callIndirect: 0x11,
  returnCallIndirect: 0x13,
  callRef: 0x14,
  returnCallRef: 0x15,
  delegate: 0x18,
  catchAll: 0x19,
  select: 0x1b,
  tryTable: 0x1f,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  tableGet: 0x25,
  tableSet: 0x26,
  i32Load: 0x28,
  i32Load8: 0x2d,
  i32Store: 0x36,
  i32Store8: 0x3a,
  i64Store32: 0x3e,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i32Eqz: 0x45,
  i32GtU: 0x4b,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivS: 0x6d,
  i32RemU: 0x70,
  i64DivS: 0x7f,
  i64RemU: 0x82,
  f32Sqrt: 0x91,
  f32Div: 0x95,
  f64Sqrt: 0x9f,
  f64Div: 0xa3,
  refNull: 0xd0,
  refFunc: 0xd2,
  brOnNull: 0xd5,
  brOnNonNull: 0xd6,
  structNew: PREFIX_BASE.gc,
  structNewDefault: PREFIX_BASE.gc + 1,
  arrayNew: PREFIX_BASE.gc + 6,
  arrayNewDefault: PREFIX_BASE.gc + 7,
  arrayNewFixed: PREFIX_BASE.gc + 8,
  arrayNewData: PREFIX_BASE.gc + 9,
  arrayNewElem: PREFIX_BASE.gc + 10,
  arrayFill: PREFIX_BASE.gc + 16,
  arrayCopy: PREFIX_BASE.gc + 17,
  arrayInitData: PREFIX_BASE.gc + 18,
  arrayInitElem: PREFIX_BASE.gc + 19,
  brOnCast: PREFIX_BASE.gc + 24,
  brOnCastFail: PREFIX_BASE.gc + 25,
  memoryInit: PREFIX_BASE.misc + 8,
  dataDrop: PREFIX_BASE.misc + 9,
  memoryCopy: PREFIX_BASE.misc + 10,
  memoryFill: PREFIX_BASE.misc + 11,
  tableInit: PREFIX_BASE.misc + 12,
  elemDrop: PREFIX_BASE.misc + 13,
  tableCopy: PREFIX_BASE.misc + 14,
  tableGrow: PREFIX_BASE.misc + 15,
  tableSize: PREFIX_BASE.misc + 16,
  tableFill: PREFIX_BASE.misc + 17,
  v128Store: PREFIX_BASE.simd + 11,
  v128Store8Lane: PREFIX_BASE.simd + 88,
  v128Store64Lane: PREFIX_BASE.simd + 91,
  atomicWait32: PREFIX_BASE.atomic + 1,
  atomicWait64: PREFIX_BASE.atomic + 2,
  i32AtomicStore: PREFIX_BASE.atomic + 0x17,
  i64AtomicStore32: PREFIX_BASE.atomic + 0x1d,
  i32AtomicRmwAdd: PREFIX_BASE.atomic + 0x1e,
  i32AtomicRmwCmpxchg: PREFIX_BASE.atomic + 0x48,
  i64AtomicRmw32Cmpxchg: PREFIX_BASE.atomic + 0x4e,
} as const);

/**
 * Stands for the number of operands if an instruction's effect is not tracked: its results are unknown, and so is everything below them in the block. Also
 * used for instructions after which the code is unreachable.
 */
export const FORGETS = 0xff;

/** Codes in hexadecimal, `a` or `a-b`; their immediates; how many operands they pop and push. */
type Row = readonly [codes: string, immediate: Immediate, pops: number, pushes: number];

/** Source: core specification 3.0, 5.4 "Instructions"; legacy exceptions (06-09, 18, 19) from the proposal of that name. */
const PLAIN: readonly Row[] = [
  ['00 05 0b 0f 19', 'none', FORGETS, 0],
  ['01', 'none', 0, 0],
  ['02-04 06', 'block', FORGETS, 0],
  ['07-09 0c 12 18', 'index', FORGETS, 0],
  ['0a', 'none', FORGETS, 0],
  ['0d', 'index', 1, 0],
  ['0e', 'branchTable', FORGETS, 0],
  ['10 14 15', 'index', FORGETS, 0],
  ['11 13', 'index2', FORGETS, 0],
  ['1a', 'none', 1, 0],
  ['1b', 'none', 3, 1],
  ['1c', 'selectTypes', 3, 1],
  ['1f', 'tryTable', FORGETS, 0],
  ['20 23', 'index', 0, 1],
  ['21 24', 'index', 1, 0],
  ['22 25', 'index', 1, 1],
  ['26', 'index', 2, 0],
  ['28-35', 'memory', 1, 1],
  ['36-3e', 'memory', 2, 0],
  ['3f', 'index', 0, 1],
  ['40', 'index', 1, 1],
  ['41', 'i32', 0, 1],
  ['42', 'i64', 0, 1],
  ['43', 'f32', 0, 1],
  ['44', 'f64', 0, 1],
  ['45 50 67-69 79-7b 8b-91 99-9f a7-c4', 'none', 1, 1],
  ['46-4f 51-66 6a-78 7c-8a 92-98 a0-a6', 'none', 2, 1],
  ['d0', 'heapType', 0, 1],
  ['d1 d4', 'none', 1, 1],
  ['d2', 'index', 0, 1],
  ['d3', 'none', 2, 1],
  ['d5 d6', 'index', FORGETS, 0],
];

const GC: readonly Row[] = [
  ['00', 'index', FORGETS, 0],
  ['01', 'index', 0, 1],
  ['02-04', 'index2', 1, 1],
  ['05', 'index2', 2, 0],
  ['06', 'index', 2, 1],
  ['07', 'index', 1, 1],
  ['08', 'index2', FORGETS, 0],
  ['09 0a', 'index2', 2, 1],
  ['0b-0d', 'index', 2, 1],
  ['0e', 'index', 3, 0],
  ['0f', 'none', 1, 1],
  ['10', 'index', 4, 0],
  ['11', 'index2', 5, 0],
  ['12 13', 'index2', 4, 0],
  ['14-17', 'heapType', 1, 1],
  ['18 19', 'castBranch', FORGETS, 0],
  ['1a-1e', 'none', 1, 1],
];

const MISC: readonly Row[] = [
  ['00-07', 'none', 1, 1],
  ['08 0a 0c 0e', 'index2', 3, 0],
  ['09 0d', 'index', 0, 0],
  ['0b 11', 'index', 3, 0],
  ['0f', 'index', 2, 1],
  ['10', 'index', 0, 1],
];

const SIMD: readonly Row[] = [
  ['00-0a 5c 5d', 'memory', 1, 1],
  ['0b', 'memory', 2, 0],
  ['0c', 'bytes16', 0, 1],
  ['0d', 'bytes16', 2, 1],
  ['0e 23-4c 4e-51 65 66 6b-73 76-79 7b 82 85 86 8b-93 95-99 9b-9f', 'none', 2, 1],
  ['ab-ae b1 b5-ba bc-bf cb-ce d1 d5-df e4-eb f0-f7', 'none', 2, 1],
  ['0f-14 4d 53 5e-64 67-6a 74 75 7a 7c-81 83 84 87-8a 94', 'none', 1, 1],
  ['a0 a1 a3 a4 a7-aa c0 c1 c3 c4 c7-ca e0 e1 e3 ec ed ef f8-ff', 'none', 1, 1],
  ['15 16 18 19 1b 1d 1f 21', 'lane', 1, 1],
  ['17 1a 1c 1e 20 22', 'lane', 2, 1],
  ['52', 'none', 3, 1],
  ['54-57', 'memoryLane', 2, 1],
  ['58-5b', 'memoryLane', 2, 0],
  // Relaxed SIMD.
  ['100 10d-112', 'none', 2, 1],
  ['101-104', 'none', 1, 1],
  ['105-10c 113', 'none', 3, 1],
];

const ATOMIC: readonly Row[] = [
  ['00', 'memory', 2, 1],
  ['01 02', 'memory', 3, 1],
  ['03', 'lane', 0, 0],
  ['10-16', 'memory', 1, 1],
  ['17-1d', 'memory', 2, 0],
  ['1e-47', 'memory', 2, 1],
  ['48-4e', 'memory', 3, 1],
];

/** The immediates of each instruction, by code. `IMMEDIATE.unknown` for unknown codes. */
export const IMMEDIATES = toTable((row) => IMMEDIATE[row[1]]);
/** How many operands each instruction pops, or `FORGETS`; by code. */
export const POPS = toTable((row) => row[2]);
/** How many operands each instruction pushes, by code. */
export const PUSHES = toTable((row) => row[3]);

function toTable(column: (row: Row) => number): Uint8Array {
  const table = new Uint8Array(CODE_COUNT);
  const families: readonly [base: number, rows: readonly Row[]][] = [
    [0, PLAIN],
    [PREFIX_BASE.gc, GC],
    [PREFIX_BASE.misc, MISC],
    [PREFIX_BASE.simd, SIMD],
    [PREFIX_BASE.atomic, ATOMIC],
  ];
  for (const [base, rows] of families) {
    for (const row of rows) for (const range of row[0].split(' ')) fill(table, base, range, column(row));
  }
  return table;
}

function fill(table: Uint8Array, base: number, range: string, value: number): void {
  const [first, last = first] = range.split('-').map((code) => Number.parseInt(code, 16));
  if (first === undefined || last === undefined) return;
  table.fill(value, base + first, base + last + 1);
}
