/** A growing byte array. `bytes` is replaced when it is full: read it again after each write. */
export class ByteWriter {
  bytes: Uint8Array;
  length = 0;
  /** The positions of unlikely branches, recorded by `unlikely` until `takeUnlikely`. */
  #unlikely: number[] = [];

  constructor(capacity: number) {
    this.bytes = new Uint8Array(Math.max(capacity, 64));
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  u32(value: number): void {
    this.reserve(5);
    this.length = writeU32(this.bytes, this.length, value);
  }

  s32(value: number): void {
    this.reserve(5);
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.bytes[this.length++] = rest & 0x7f;
  }

  name(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.u32(bytes.length);
    this.append(bytes);
  }

  append(bytes: ArrayLike<number>): void {
    this.reserve(bytes.length);
    const target = this.bytes;
    // Most calls append a few bytes, for which a loop is faster than `set`.
    if (bytes.length > 48) target.set(bytes, this.length);
    else for (let next = 0; next < bytes.length; next++) target[this.length + next] = bytes[next] as number;
    this.length += bytes.length;
  }

  /** Appends `source[from, to)`. */
  copy(source: Uint8Array, from: number, to: number): void {
    this.reserve(to - from);
    const target = this.bytes;
    let at = this.length;
    this.length += to - from;
    // Below this many bytes, a loop is faster than creating the view that `set` needs.
    if (to - from > 128) target.set(source.subarray(from, to), at);
    else for (let next = from; next < to; next++) target[at++] = source[next] as number;
  }

  /** Inserts the length of what was written since `start` before it, as LEB128. */
  prefixLength(start: number): void {
    const byteLength = this.length - start;
    const width = u32Width(byteLength);
    this.reserve(width);
    this.bytes.copyWithin(start + width, start, this.length);
    writeU32(this.bytes, start, byteLength);
    this.length += width;
  }

  /** Inserts bytes before what was written since `start`. */
  insert(start: number, bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.copyWithin(start + bytes.length, start, this.length);
    this.bytes.set(bytes, start);
    this.length += bytes.length;
    const places = this.#unlikely;
    for (let last = places.length - 1; last >= 0 && (places[last] as number) >= start; last--) {
      places[last] = (places[last] as number) + bytes.length;
    }
  }

  /** Records that the `if` or `br_if` at `at`, by default the one written next, is unlikely. */
  unlikely(at = this.length): void {
    this.#unlikely.push(at);
  }

  /** Returns the offsets of the unlikely branches from `start`, in order, and forgets them. */
  takeUnlikely(start: number): number[] {
    const places = this.#unlikely.map((at) => at - start);
    this.#unlikely = [];
    return places.sort((one, other) => one - other);
  }

  /** What was written, without copying. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  reserve(byteLength: number): void {
    const wanted = this.length + byteLength;
    if (wanted <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(wanted, this.bytes.length + (this.bytes.length >> 1)));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

function writeU32(target: Uint8Array, at: number, value: number): number {
  let rest = value >>> 0;
  let next = at;
  while (rest > 0x7f) {
    target[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[next++] = rest;
  return next;
}

function u32Width(value: number): number {
  let width = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) width++;
  return width;
}
