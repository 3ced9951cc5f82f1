import { IMMEDIATE, IMMEDIATES, PREFIX_BASE } from './opcodes.ts';
import { malformed, notSupported } from './refusal.ts';

/** The `blockType` of a block without a result, and of one with a single result. Others are type indices. */
export const EMPTY_BLOCK = -1;
export const VALUE_BLOCK = -2;

const VALTYPE_REF = 0x64;
const VALTYPE_REF_NULL = 0x63;

/**
 * Reads the instructions of function bodies, one at a time. `next` stores what it reads in the fields, without allocating.
 *
 * It may read past the end of a body, but never past the module's; `next` throws `HostError` once that has happened.
 */
export class Instructions {
  readonly bytes: Uint8Array;
  /** The start of the next instruction, and the end of the body. */
  at = 0;
  end = 0;
  /** The start of the instruction just read, and its code in the tables of `opcodes.ts`. */
  start = 0;
  code = 0;
  /** Its immediates, if any. `index` also holds an `i32` constant, a label or the length of a vector; `alignment` holds the flags of a memory argument without the index bit. */
  index = 0;
  index2 = 0;
  blockType = EMPTY_BLOCK;
  memory = 0;
  alignment = 0;
  offset = 0;
  lane = 0;
  /** The start of a vector, after its length: the labels of a `br_table`, or the clauses of a `try_table`. */
  listAt = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Starts the body in `[at, end)`. */
  enter(at: number, end: number): void {
    this.at = at;
    this.end = end;
  }

  next(): void {
    const { bytes, at } = this;
    this.start = at;
    this.at = at + 1;
    let code = bytes[at] as number;
    if (code >= 0xfb) code = this.#prefixed(code);
    this.code = code;
    const immediate = IMMEDIATES[code] as number;
    if (immediate === IMMEDIATE.index) {
      // Nearly always a single byte, and most of the time is spent here.
      const index = bytes[this.at++] as number;
      this.index = index < 0x80 ? index : this.#longU32(index);
    } else if (immediate === IMMEDIATE.i32) this.index = this.#s32();
    else if (immediate !== IMMEDIATE.none) this.#immediates(immediate);
    if (this.at > this.end) this.#overrun();
  }

  #overrun(): never {
    throw malformed('function body ends within an instruction', this.start);
  }

  #prefixed(prefix: number): number {
    const base = [PREFIX_BASE.gc, PREFIX_BASE.misc, PREFIX_BASE.simd, PREFIX_BASE.atomic][prefix - 0xfb];
    const code = this.#u32();
    // Codes beyond a family's table map to its last entry, which no specification uses.
    return base === undefined ? 0xff : base + Math.min(code, 0x1ff);
  }

  /** Reads the rarer immediates. */
  #immediates(immediate: number): void {
    switch (immediate) {
      case IMMEDIATE.memory:
        return this.#memoryArgument();
      case IMMEDIATE.block:
        return this.#blockType();
      case IMMEDIATE.i64:
      case IMMEDIATE.heapType:
        return this.#skipLeb();
      case IMMEDIATE.index2:
        this.index = this.#u32();
        this.index2 = this.#u32();
        return;
      case IMMEDIATE.f32:
        this.at += 4;
        return;
      case IMMEDIATE.f64:
        this.at += 8;
        return;
      case IMMEDIATE.lane:
        this.lane = this.bytes[this.at++] as number;
        return;
      case IMMEDIATE.memoryLane:
        this.#memoryArgument();
        this.lane = this.bytes[this.at++] as number;
        return;
      case IMMEDIATE.bytes16:
        this.at += 16;
        return;
      default:
        return this.#lists(immediate);
    }
  }

  #lists(immediate: number): void {
    switch (immediate) {
      case IMMEDIATE.branchTable:
        this.index = this.#count();
        this.listAt = this.at;
        for (let labels = this.index + 1; labels > 0; labels--) this.#skipLeb();
        return;
      case IMMEDIATE.selectTypes:
        for (let types = this.#count(); types > 0; types--) this.#skipValueType();
        return;
      case IMMEDIATE.tryTable:
        this.#blockType();
        this.index = this.#count();
        this.listAt = this.at;
        for (let clauses = this.index; clauses > 0; clauses--) this.#skipCatchClause();
        return;
      case IMMEDIATE.castBranch:
        this.at++;
        this.index = this.#u32();
        this.#skipLeb();
        this.#skipLeb();
        return;
      default:
        throw notSupported(`the opcode ${this.#opcodeText()}`, this.start);
    }
  }

  #opcodeText(): string {
    const opcode = Array.from(this.bytes.subarray(this.start, Math.min(this.at, this.end)), (byte) =>
      byte.toString(16).padStart(2, '0'),
    );
    return `0x${opcode.join(' ')}`;
  }

  #memoryArgument(): void {
    const flags = this.#u32();
    // Bit 6 means that a memory index follows. Source: core 3.0, 5.4.6 "Memory Instructions".
    if (flags >= 0x80) throw malformed('unknown flags of a memory argument', this.start);
    this.alignment = flags & 0x3f;
    this.memory = (flags & 0x40) === 0 ? 0 : this.#u32();
    this.offset = this.#u32();
  }

  #blockType(): void {
    const byte = this.bytes[this.at] as number;
    if (byte === 0x40) {
      this.at++;
      this.blockType = EMPTY_BLOCK;
    } else if (byte > 0x40 && byte < 0x80) {
      this.#skipValueType();
      this.blockType = VALUE_BLOCK;
    } else {
      this.blockType = this.#s32();
      if (this.blockType < 0) throw malformed('invalid block type', this.start);
    }
  }

  #skipValueType(): void {
    const byte = this.bytes[this.at++] as number;
    if (byte === VALTYPE_REF || byte === VALTYPE_REF_NULL) this.#skipLeb();
    else if (!(byte >= 0x40 && byte < 0x80)) throw malformed('invalid value type', this.at - 1);
  }

  #skipCatchClause(): void {
    const kind = this.bytes[this.at++] as number;
    if (!(kind < 4)) throw malformed('unknown kind of catch clause', this.at - 1);
    if (kind < 2) this.#skipLeb();
    this.#skipLeb();
  }

  /** The length of a vector whose elements take at least a byte each. */
  #count(): number {
    const count = this.#u32();
    if (count > this.end - this.at) this.#overrun();
    return count;
  }

  #skipLeb(): void {
    const start = this.at;
    while ((this.bytes[this.at++] as number) >= 0x80) {
      if (this.at - start > 9) throw malformed('an integer of more than 64 bits', start);
    }
  }

  #u32(): number {
    const byte = this.bytes[this.at++] as number;
    return byte < 0x80 ? byte : this.#longU32(byte);
  }

  #longU32(first: number): number {
    let value = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.bytes[this.at++] as number;
      value |= (byte & 0x7f) << shift;
      if (!(byte >= 0x80)) return value;
    }
    const last = this.bytes[this.at++] as number;
    if (!(last <= 0x0f)) throw malformed('an integer of more than 32 bits', this.start);
    return value + last * 2 ** 28;
  }

  #s32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.at++] as number;
      value |= (byte & 0x7f) << shift;
      if (!(byte >= 0x80)) return shift < 28 && (byte & 0x40) !== 0 ? value | (-1 << (shift + 7)) : value;
    }
    throw malformed('an integer of more than 32 bits', this.start);
  }
}
