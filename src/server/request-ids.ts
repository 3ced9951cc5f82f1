import { randomFillSync } from 'node:crypto';

/** How many ids are made together. A string that was cut from another keeps it alive, so that this is also what one id may hold: 2 KiB. */
const IDS_TOGETHER = 64;
/** How many are drawn together: a call of OpenSSL's generator takes microseconds. */
const IDS_DRAWN = 256;
const ID_BYTES = 16;
const ID_CHARS = 36;

/** The first character of each byte of an id. Source: RFC 9562, section 4. */
const CHAR_OF_BYTE = Object.freeze([0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]);
const HEX = Buffer.from('0123456789abcdef');

/** Random UUIDs (RFC 9562, version 4) for requests that come without an id: a quarter of the time of `randomUUID`, which each logged request would take. */
export class RequestIds {
  readonly #random = Buffer.alloc(ID_BYTES * IDS_DRAWN);
  readonly #chars = Buffer.alloc(ID_CHARS * IDS_TOGETHER, '-');
  #drawn = IDS_DRAWN;
  #text = '';
  #next = 0;

  /** A new id. */
  next(): string {
    if (this.#next === this.#text.length) this.#make();
    const start = this.#next;
    this.#next += ID_CHARS;
    return this.#text.slice(start, this.#next);
  }

  #make(): void {
    if (this.#drawn === IDS_DRAWN) {
      randomFillSync(this.#random);
      this.#drawn = 0;
    }
    for (let id = 0; id < IDS_TOGETHER; id += 1) this.#spell((this.#drawn + id) * ID_BYTES, id * ID_CHARS);
    this.#drawn += IDS_TOGETHER;
    this.#text = this.#chars.toString('latin1');
    this.#next = 0;
  }

  #spell(from: number, to: number): void {
    const random = this.#random;
    random[from + 6] = ((random[from + 6] as number) & 0x0f) | 0x40;
    random[from + 8] = ((random[from + 8] as number) & 0x3f) | 0x80;
    for (let at = 0; at < ID_BYTES; at += 1) {
      const byte = random[from + at] as number;
      const char = to + (CHAR_OF_BYTE[at] as number);
      this.#chars[char] = HEX[byte >>> 4] as number;
      this.#chars[char + 1] = HEX[byte & 0x0f] as number;
    }
  }
}
