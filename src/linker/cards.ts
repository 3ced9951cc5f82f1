import { CARD_BYTES, CARD_SHIFT, SLACK, SLICE_HEADER_BYTES } from '../component/rewrite/layout.ts';
import { HostError } from '../util/host-error.ts';

const PAGE_BYTES = 65_536;
const CARDS_PER_PAGE = PAGE_BYTES / CARD_BYTES;
const MAX_CARD_PAGES = 65_536;
/** How many pages the memory of cards grows by at once: address space, not resident memory. */
const GROWTH_PAGES = 256;

/**
 * The memory in which all instances of a component mark what they write: one slice for each linear memory.
 *
 * One for many, because V8 holds only so many memories. Shape of a slice: see `SLICE_HEADER_BYTES`.
 */
export class Cards {
  readonly memory = new WebAssembly.Memory({ initial: GROWTH_PAGES, maximum: MAX_CARD_PAGES });
  readonly #free = new Map<number, number[]>();
  #end = 0;
  #bytes = new Uint8Array(this.memory.buffer);
  #pages = new Int32Array(this.memory.buffer);

  /** All cards and headers. */
  get bytes(): Uint8Array {
    if (this.#bytes.byteLength === 0) this.#bytes = new Uint8Array(this.memory.buffer);
    return this.#bytes;
  }

  /** The same memory in words, for the headers. */
  get words(): Int32Array {
    if (this.#pages.byteLength === 0) this.#pages = new Int32Array(this.memory.buffer);
    return this.#pages;
  }

  /** The offset of a slice for a memory of at most `maxPages`, all its cards clear. */
  lease(maxPages: number): number {
    const byteLength = SLICE_HEADER_BYTES + maxPages * CARDS_PER_PAGE;
    const recycled = this.#free.get(byteLength)?.pop();
    if (recycled !== undefined) return recycled;
    const base = this.#end;
    this.#end += byteLength;
    this.#growTo(this.#end);
    return base;
  }

  /** Gives a slice back; its cards must be clear. */
  release(base: number, maxPages: number): void {
    const byteLength = SLICE_HEADER_BYTES + maxPages * CARDS_PER_PAGE;
    const free = this.#free.get(byteLength);
    if (free === undefined) this.#free.set(byteLength, [base]);
    else free.push(base);
  }

  #growTo(byteLength: number): void {
    const missing = byteLength - this.memory.buffer.byteLength;
    if (missing <= 0) return;
    try {
      this.memory.grow(Math.ceil(missing / PAGE_BYTES / GROWTH_PAGES) * GROWTH_PAGES);
    } catch (error) {
      throw new HostError('overloaded', 'there is no room to mark the pages of another instance', { cause: error });
    }
  }
}

/** A guest's linear memory with its slice of cards: what was written since the cards were last cleared is known. */
export class TrackedMemory {
  readonly memory: WebAssembly.Memory;
  readonly base: number;
  readonly initialPages: number;
  readonly maxPages: number;
  readonly #cards: Cards;
  #bytes: Uint8Array;

  constructor(cards: Cards, initialPages: number, maxPages: number) {
    this.memory = new WebAssembly.Memory({ initial: initialPages, maximum: maxPages });
    this.base = cards.lease(maxPages);
    this.initialPages = initialPages;
    this.maxPages = maxPages;
    this.#cards = cards;
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.reportedPages = initialPages;
  }

  /** All bytes that are there, at least as many as the guest knows of. */
  get bytes(): Uint8Array {
    if (this.#bytes.byteLength === 0) this.#bytes = new Uint8Array(this.memory.buffer);
    return this.#bytes;
  }

  /** The size that the guest is told. */
  get reportedPages(): number {
    return this.#cards.words[this.base >> 2] ?? 0;
  }

  set reportedPages(pages: number) {
    this.#cards.words[this.base >> 2] = pages;
  }

  /** Marks what the host writes. */
  mark(ptr: number, byteLength: number): void {
    if (byteLength === 0) return;
    const first = this.base + SLICE_HEADER_BYTES + (ptr >>> CARD_SHIFT);
    const last = this.base + SLICE_HEADER_BYTES + ((ptr + byteLength - 1) >>> CARD_SHIFT);
    const { bytes } = this.#cards;
    for (let card = first; card <= last; card += 1) bytes[card] = 1;
  }

  /** The bytes as they are, without the zeros at their end: `like` where they are the same. Clears the cards. */
  capture(like: Uint8Array | undefined): Uint8Array {
    const { bytes } = this;
    let end = bytes.byteLength;
    while (end > 0 && bytes[end - 1] === 0) end -= 1;
    this.#forEachMarked(() => undefined);
    const image = bytes.subarray(0, end);
    return like !== undefined && Buffer.compare(like, image) === 0 ? like : image.slice();
  }

  /** Makes all bytes those of `image`, beyond its end zero, by restoring the marked pages; clears the cards. Returns how many pages. */
  restore(image: Uint8Array, reportedPages: number): number {
    let pages = 0;
    this.#forEachMarked((page) => {
      pages += 1;
      this.#restoreRange(image, Math.max(0, page * CARD_BYTES - SLACK), (page + 1) * CARD_BYTES + SLACK);
    });
    this.reportedPages = reportedPages;
    return pages;
  }

  /** Gives the slice back. The memory itself is left to the garbage collector. */
  release(): void {
    this.#forEachMarked(() => undefined);
    this.#cards.release(this.base, this.maxPages);
  }

  #restoreRange(image: Uint8Array, start: number, wantedEnd: number): void {
    const { bytes } = this;
    const end = Math.min(wantedEnd, bytes.byteLength);
    const copiedEnd = Math.min(end, image.byteLength);
    if (copiedEnd > start) bytes.set(image.subarray(start, copiedEnd), start);
    bytes.fill(0, Math.max(start, copiedEnd), end);
  }

  #forEachMarked(restore: (page: number) => void): void {
    const start = this.base + SLICE_HEADER_BYTES;
    const end = start + Math.ceil(this.bytes.byteLength / CARD_BYTES);
    const cards = this.#cards.bytes.subarray(start, end);
    for (let page = cards.indexOf(1); page !== -1; page = cards.indexOf(1, page + 1)) {
      cards[page] = 0;
      restore(page);
    }
  }
}
