import type { LinearMemory } from '../abi/guest-memory.ts';
import { CARD_BYTES, CARD_SHIFT, SLACK, SLICE_HEADER_BYTES } from '../component/rewrite/layout.ts';
import { HostError } from '../util/host-error.ts';

const PAGE_BYTES = 65_536;
const CARDS_PER_PAGE = PAGE_BYTES / CARD_BYTES;
const MAX_CARD_PAGES = 65_536;
/** How many pages the memory of cards grows by at once: address space, not resident memory. */
const GROWTH_PAGES = 256;

interface Slice {
  readonly base: number;
  readonly byteLength: number;
}

/**
 * The memory in which all instances of a component mark what they write: one slice for each linear memory.
 *
 * One for many, because V8 holds only so many memories. Shape of a slice: see `SLICE_HEADER_BYTES`.
 */
export class Cards {
  readonly memory = new WebAssembly.Memory({ initial: GROWTH_PAGES, maximum: MAX_CARD_PAGES });
  /** Offsets of slices by their length. */
  readonly #free = new Map<number, number[]>();
  /**
   * The slices of memories that nobody released: those of instances that trapped or were cancelled.
   *
   * A cancelled guest may be suspended still, and mark what it writes should it ever resume. An instance, and so a suspended
   * guest's stack, keeps its memories alive: once one is collected nothing can write to it or to its slice.
   */
  readonly #abandoned = new FinalizationRegistry<Slice>((slice) => this.#reclaim(slice));
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

  /** The offset of a slice for a memory of at most `maxPages`, all its cards clear; held as long as `memory` is, if not released before. */
  lease(memory: WebAssembly.Memory, maxPages: number): number {
    const byteLength = SLICE_HEADER_BYTES + maxPages * CARDS_PER_PAGE;
    const base = this.#free.get(byteLength)?.pop() ?? this.#extend(byteLength);
    this.#abandoned.register(memory, { base, byteLength }, memory);
    return base;
  }

  /** Gives a slice back before its memory is gone. Nothing may write to that memory any more. */
  release(memory: WebAssembly.Memory, base: number, maxPages: number): void {
    this.#abandoned.unregister(memory);
    this.#reclaim({ base, byteLength: SLICE_HEADER_BYTES + maxPages * CARDS_PER_PAGE });
  }

  /** Calls `each` for every run of neighbouring cards that are marked, `[from, to)` counted from `start`, and clears them. */
  takeMarks(start: number, end: number, each?: (from: number, to: number) => void): void {
    const cards = this.bytes.subarray(start, end);
    for (let from = cards.indexOf(1); from !== -1;) {
      let to = from + 1;
      while (cards[to] === 1) to += 1;
      cards.fill(0, from, to);
      each?.(from, to);
      from = cards.indexOf(1, to);
    }
  }

  #reclaim({ base, byteLength }: Slice): void {
    this.takeMarks(base + SLICE_HEADER_BYTES, base + byteLength);
    const free = this.#free.get(byteLength);
    if (free === undefined) this.#free.set(byteLength, [base]);
    else free.push(base);
  }

  #extend(byteLength: number): number {
    const base = this.#end;
    this.#growTo(base + byteLength);
    this.#end += byteLength;
    return base;
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
export class TrackedMemory implements LinearMemory {
  readonly memory: WebAssembly.Memory;
  readonly base: number;
  readonly initialPages: number;
  readonly maxPages: number;
  readonly #cards: Cards;
  #bytes: Uint8Array<ArrayBuffer>;

  constructor(cards: Cards, initialPages: number, maxPages: number) {
    this.memory = new WebAssembly.Memory({ initial: initialPages, maximum: maxPages });
    this.base = cards.lease(this.memory, maxPages);
    this.initialPages = initialPages;
    this.maxPages = maxPages;
    this.#cards = cards;
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.reportedPages = initialPages;
  }

  /** All bytes that are there, at least as many as the guest knows of. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.byteLength === 0) this.#bytes = new Uint8Array(this.memory.buffer);
    return this.#bytes;
  }

  get reportedBytes(): number {
    return this.reportedPages * PAGE_BYTES;
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
    if (first === last) bytes[first] = 1;
    else bytes.fill(1, first, last + 1);
  }

  /** The bytes as they are, without the zeros at their end: `like` where they are the same. Clears the cards. */
  capture(like: Uint8Array | undefined): Uint8Array {
    const image = this.bytes.subarray(0, endOfContent(this.bytes));
    this.#takeMarks();
    return like !== undefined && Buffer.compare(like, image) === 0 ? like : image.slice();
  }

  /** Makes all bytes those of `image`, beyond its end zero, by restoring the marked pages; clears the cards. Returns how many pages. */
  restore(image: Uint8Array, reportedPages: number): number {
    let pages = 0;
    this.#takeMarks((from, to) => {
      pages += to - from;
      this.#restoreRange(image, Math.max(0, from * CARD_BYTES - SLACK), to * CARD_BYTES + SLACK);
    });
    this.reportedPages = reportedPages;
    return pages;
  }

  /** Gives the slice back: nothing may write any more. The memory itself is left to the garbage collector. */
  release(): void {
    this.#cards.release(this.memory, this.base, this.maxPages);
  }

  #restoreRange(image: Uint8Array, start: number, wantedEnd: number): void {
    const { bytes } = this;
    const end = Math.min(wantedEnd, bytes.byteLength);
    const copiedEnd = Math.min(end, image.byteLength);
    if (copiedEnd > start) bytes.set(image.subarray(start, copiedEnd), start);
    if (end > copiedEnd) bytes.fill(0, Math.max(start, copiedEnd), end);
  }

  #takeMarks(each?: (from: number, to: number) => void): void {
    const start = this.base + SLICE_HEADER_BYTES;
    this.#cards.takeMarks(start, start + Math.ceil(this.bytes.byteLength / CARD_BYTES), each);
  }
}

/** Where the zeros begin that are all that follows. */
function endOfContent(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer);
  let word = words.length;
  while (word > 0 && words[word - 1] === 0) word -= 1;
  let end = word * words.BYTES_PER_ELEMENT;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}
