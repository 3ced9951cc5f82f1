import { HostError } from '../util/host-error.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes being read, and what the limits still allow. Shared by the readers of nested parts. */
export interface ReadState {
  /** For messages: the path, or the caller's name for the component. */
  readonly label: string;
  /** All bytes of the file; offsets in messages count from its start. */
  readonly bytes: Uint8Array;
  /** How deep components and their types may nest. */
  readonly maxNesting: number;
  /** How many more items are accepted, over all parts. */
  itemsLeft: number;
}

/** Reads a range of bytes from front to back. Every failure is a `HostError` that gives the byte's offset. */
export class Reader {
  readonly #state: ReadState;
  readonly #end: number;
  #offset: number;

  constructor(state: ReadState, start: number, end: number) {
    this.#state = state;
    this.#offset = start;
    this.#end = end;
  }

  /** The offset of the next byte, from the start of the file. */
  get offset(): number {
    return this.#offset;
  }

  /** Fails if components or types nest too deep. */
  checkNesting(depth: number, what: string): void {
    const { maxNesting } = this.#state;
    if (depth > maxNesting) this.fail(`${what} nest deeper than ${maxNesting}`);
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#end;
  }

  byte(): number {
    if (this.#offset >= this.#end) this.fail('unexpected end of the bytes');
    const byte = this.#state.bytes[this.#offset] as number;
    this.#offset += 1;
    return byte;
  }

  /** Returns the next byte without consuming it. */
  peek(): number {
    const byte = this.byte();
    this.#offset -= 1;
    return byte;
  }

  /** An unsigned LEB128 number of 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) this.fail('a number does not fit in 32 bits');
        return value;
      }
    }
    return this.fail('the encoding of a 32-bit number is too long');
  }

  /** A signed 33-bit LEB128 number that is an index, so must not be negative. Source: `valtype`. */
  index33(): number {
    const start = this.#offset;
    const index = this.u32();
    const byteLength = this.#offset - start;
    const isNegative = byteLength < 5 && ((this.#state.bytes[this.#offset - 1] as number) & 0x40) !== 0;
    return isNegative ? this.fail('negative index') : index;
  }

  /** A vector of UTF-8 bytes. */
  name(): string {
    const bytes = this.take(this.u32());
    try {
      return utf8.decode(bytes);
    } catch {
      return this.fail('a name is not valid UTF-8');
    }
  }

  /** A vector of items. */
  vec<T>(item: (reader: Reader) => T): T[] {
    const length = this.u32();
    if (length > this.#end - this.#offset) this.fail(`a vector of ${length} items is longer than its section`);
    const items: T[] = [];
    while (items.length < length) {
      this.countItem();
      items.push(item(this));
    }
    return items;
  }

  /** Counts an item for which memory is allocated. */
  countItem(): void {
    this.#state.itemsLeft -= 1;
    if (this.#state.itemsLeft < 0) this.fail('too many definitions');
  }

  /** Takes the next `byteLength` bytes, without copying. */
  take(byteLength: number): Uint8Array {
    const start = this.#offset;
    if (byteLength > this.#end - start) this.fail(`expected ${byteLength} bytes, only ${this.#end - start} are left`);
    this.#offset += byteLength;
    return this.#state.bytes.subarray(start, this.#offset);
  }

  /** Takes all remaining bytes, without copying. */
  rest(): Uint8Array {
    return this.take(this.#end - this.#offset);
  }

  /** A reader of the next `byteLength` bytes. */
  part(byteLength: number): Reader {
    const start = this.#offset;
    this.take(byteLength);
    return new Reader(this.#state, start, this.#offset);
  }

  /** Fails if anything is left. */
  assertAtEnd(what: string): void {
    if (!this.isAtEnd) this.fail(`${this.#end - this.#offset} bytes are left over in ${what}`);
  }

  /** Throws: the bytes are invalid. */
  fail(complaint: string): never {
    throw new HostError('bad-component', `${this.#state.label} is damaged or truncated: ${this.#at(complaint)}`);
  }

  /** Throws: the bytes may be valid, but use a feature that we do not support. */
  refuse(complaint: string): never {
    throw new HostError('not-supported', `${this.#state.label}: ${this.#at(complaint)}`);
  }

  #at(complaint: string): string {
    return `at byte 0x${this.#offset.toString(16)}: ${complaint}`;
  }
}
