import { malformed } from './refusal.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads the parts of a module between instructions. A read that would pass `end` throws `HostError`. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  byte(): number {
    if (this.at >= this.end) throw malformed('unexpected end', this.at);
    return this.bytes[this.at++] as number;
  }

  /** LEB128, unsigned, 32 bits. */
  u32(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) break;
      // Not `<<`: the fifth byte exceeds the range of a signed shift.
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed('an integer of more than 32 bits', start);
  }

  /** Skips a LEB128 integer of up to 64 bits. */
  skipLeb(): void {
    const start = this.at;
    for (let length = 1; length <= 10; length++) if (this.byte() < 0x80) return;
    throw malformed('an integer of more than 64 bits', start);
  }

  /** LEB128, signed, 32 bits. */
  s32(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return shift < 28 && (byte & 0x40) !== 0 ? value | (-1 << (shift + 7)) : value;
    }
    throw malformed('an integer of more than 32 bits', start);
  }

  skip(byteLength: number): void {
    if (byteLength > this.end - this.at) throw malformed('unexpected end', this.at);
    this.at += byteLength;
  }

  /** A vector of bytes, without copying. */
  byteVector(): Uint8Array {
    const byteLength = this.u32();
    const start = this.at;
    this.skip(byteLength);
    return this.bytes.subarray(start, this.at);
  }

  name(): string {
    const start = this.at;
    const bytes = this.byteVector();
    try {
      return utf8.decode(bytes);
    } catch {
      throw malformed('a name that is not valid UTF-8', start);
    }
  }

  /** The length of a vector whose elements take at least a byte each. */
  count(): number {
    const start = this.at;
    const count = this.u32();
    if (count > this.end - this.at) throw malformed(`a vector of ${count} elements, longer than its section,`, start);
    return count;
  }
}
