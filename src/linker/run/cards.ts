import { PAGE_BYTES } from '../../wasm/page-bytes.ts';
import type { LinearMemory } from '../../abi/guest-memory.ts';
import {
  CARD_BYTES,
  CARD_SHIFT,
  CHARGED_OFFSET,
  GROUP_HEADER_BYTES,
  GROUP_SLICES,
  SIZE_STRIDE,
  SLACK,
} from '../../rewriter/layout.ts';
import { HostError } from '../../util/host-error.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';
import { endOfContent } from './memory/end-of-content.ts';
import type { Content, MemoryBase } from './memory/memory-base.ts';

const SYSTEM_PAGE_BYTES = 4096;
const CARDS_PER_PAGE = PAGE_BYTES / CARD_BYTES;
const CHARGED_WORDS = CHARGED_OFFSET / Int32Array.BYTES_PER_ELEMENT;
const MAX_CARD_PAGES = 65_536;
/** How many pages the memory of cards grows by each time: address space, not resident memory. */
const GROWTH_PAGES = 256;

/** The cards of one linear memory. */
interface Slice {
  /** The start of its group, plus its number in the group. */
  readonly base: number;
  /** The maximum size of the memory. */
  readonly maxPages: number;
}

/**
 * The memory in which all instances of a component mark what they write, with a slice for each linear memory.
 *
 * It is shared because V8 can only have a limited number of memories. Shape of a slice: see `GROUP_SLICES`.
 */
export class Cards {
  readonly memory = new WebAssembly.Memory({ initial: GROWTH_PAGES, maximum: MAX_CARD_PAGES });
  /** The bases of free slices, by the number of pages that they cover. */
  readonly #free = new Map<number, number[]>();
  /**
   * The slices of memories that were not released: those of instances that trapped or were cancelled.
   *
   * A cancelled guest may still be suspended, and would mark what it writes if it ever resumed. An instance, and so a suspended guest's stack, keeps its
   * memories alive: once a memory is collected, nothing can write to it or its slice.
   */
  readonly #abandoned = new FinalizationRegistry<Slice>((slice) => this.#reclaim(slice));
  #end = 0;
  #bytes = new Uint8Array(this.memory.buffer);
  #pages = new Int32Array(this.memory.buffer);

  /** The cards and headers. */
  get bytes(): Uint8Array {
    if (this.#bytes.byteLength === 0) this.#bytes = new Uint8Array(this.memory.buffer);
    return this.#bytes;
  }

  /** The same memory in words, for the headers. */
  get words(): Int32Array {
    if (this.#pages.byteLength === 0) this.#pages = new Int32Array(this.memory.buffer);
    return this.#pages;
  }

  /** Leases a slice, with all cards clear, for a memory of at most `maxPages`. It is held until released, or until `memory` is collected. */
  lease(memory: WebAssembly.Memory, maxPages: number): Slice {
    const base = this.#free.get(maxPages)?.pop() ?? this.#extend(maxPages);
    const slice = { base, maxPages };
    this.#abandoned.register(memory, slice, memory);
    return slice;
  }

  /** Gives a slice back before its memory is collected. Nothing may write to that memory any more. */
  release(memory: WebAssembly.Memory, slice: Slice): void {
    this.#abandoned.unregister(memory);
    this.#reclaim(slice);
  }

  /**
   * Calls `each` for every run of adjacent marked cards, `[from, to)` counted from the memory's start, and clears them.
   *
   * No page beyond the size reported to the guest is ever marked, and that size does not shrink while the guest runs.
   */
  takeMarks(slice: Slice, each?: (from: number, to: number) => void): void {
    const { bytes } = this;
    const first = slice.base + GROUP_HEADER_BYTES;
    const end = first + (this.words[this.sizeAt(slice)] ?? 0) * CARDS_PER_PAGE * GROUP_SLICES;
    for (let at = first; at < end; at += GROUP_SLICES) {
      if (bytes[at] === 0) continue;
      const from = at;
      for (; at < end && bytes[at] !== 0; at += GROUP_SLICES) bytes[at] = 0;
      each?.((from - first) / GROUP_SLICES, (at - first) / GROUP_SLICES);
    }
  }

  /** The index in `words` of the size of a slice's memory. */
  sizeAt({ base }: Slice): number {
    return (base + SIZE_STRIDE * (base % GROUP_SLICES)) >>> 2;
  }

  #reclaim(slice: Slice): void {
    this.takeMarks(slice);
    this.#addFree(slice.maxPages, slice.base);
  }

  #addFree(maxPages: number, base: number): void {
    const free = this.#free.get(maxPages);
    if (free === undefined) this.#free.set(maxPages, [base]);
    else free.push(base);
  }

  /** Creates a group of slices, and returns the first. */
  #extend(maxPages: number): number {
    const group = this.#end;
    const byteLength = GROUP_HEADER_BYTES + maxPages * CARDS_PER_PAGE * GROUP_SLICES;
    this.#growTo(group + byteLength);
    // Each group begins on a system page: the part that a small memory needs is at the start, and would otherwise straddle two pages.
    this.#end += Math.ceil(byteLength / SYSTEM_PAGE_BYTES) * SYSTEM_PAGE_BYTES;
    for (let number = GROUP_SLICES - 1; number > 0; number -= 1) this.#addFree(maxPages, group + number);
    return group;
  }

  #growTo(byteLength: number): void {
    const missing = byteLength - this.memory.buffer.byteLength;
    if (missing <= 0) return;
    try {
      this.memory.grow(Math.ceil(missing / PAGE_BYTES / GROWTH_PAGES) * GROWTH_PAGES);
    } catch (error) {
      throw new HostError('overloaded', 'out of memory for tracking the pages of another instance', { cause: error });
    }
  }
}

/** The initial and maximum size of a memory, in pages. */
export interface MemorySize {
  readonly initialPages: number;
  readonly maxPages: number;
}

/** A guest's linear memory with its slice of cards, which record what was written since they were last cleared. */
export class TrackedMemory implements LinearMemory {
  readonly memory: WebAssembly.Memory;
  readonly initialPages: number;
  readonly #cards: Cards;
  readonly #slice: Slice;
  readonly #sizeAt: number;
  #bytes: Uint8Array<ArrayBuffer>;
  /** How many pages the memory has without a request of its guest to V8. */
  #pagesGiven: number;
  /** What it holds where nothing is marked; `undefined` if that is zeros. */
  #base: MemoryBase | undefined;
  /** Whether there are more of these than were ever reported to the guest. */
  #hasRoom = false;

  constructor(cards: Cards, { initialPages, maxPages }: MemorySize) {
    this.memory = new WebAssembly.Memory({ initial: initialPages, maximum: maxPages });
    this.#slice = cards.lease(this.memory, maxPages);
    this.#sizeAt = cards.sizeAt(this.#slice);
    this.initialPages = initialPages;
    this.#pagesGiven = initialPages;
    this.#cards = cards;
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.noteSize();
  }

  /** The global that tells an instance's modules where the cards are. */
  get base(): number {
    return this.#slice.base;
  }

  /** All existing bytes: at least as many as are reported to the guest. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.byteLength === 0) this.#bytes = new Uint8Array(this.memory.buffer);
    return this.#bytes;
  }

  get reportedBytes(): number {
    return this.reportedPages * PAGE_BYTES;
  }

  /** The size reported to the guest. */
  get reportedPages(): number {
    return this.#cards.words[this.#sizeAt] ?? 0;
  }

  set reportedPages(pages: number) {
    this.#cards.words[this.#sizeAt] = pages;
  }

  /** The bytes that were ever reported to a guest: those that may be written. */
  get chargedBytes(): number {
    return this.#hasRoom ? (this.#cards.words[this.#sizeAt + CHARGED_WORDS] ?? 0) * PAGE_BYTES : this.bytes.byteLength;
  }

  /** Whether a guest made V8 add pages, which cannot be undone. */
  get hasGrown(): boolean {
    return this.#pages > this.#pagesGiven;
  }

  /** Records the memory's actual size: a module that does not track it may have grown it. */
  noteSize(): void {
    if (this.#hasRoom) return;
    this.reportedPages = this.#pages;
    this.#cards.words[this.#sizeAt + CHARGED_WORDS] = this.#pages;
  }

  /**
   * Adds pages that are not reported to the guest, into which it can grow without V8. A load from them returns zero, a store traps.
   *
   * Has no effect if V8 cannot allocate them.
   */
  makeRoom(pages: number): void {
    const added = Math.min(pages, this.#slice.maxPages - this.#pages);
    try {
      this.memory.grow(added);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return;
    }
    this.#pagesGiven = this.#pages;
    this.#hasRoom = true;
  }

  /** The module whose memory this is starts: its data, `base`, is written unless the memory has been restored to it. */
  begin(base: MemoryBase): void {
    if (this.#base === base) return;
    base.writeTo(this.memory);
    this.#base = base;
  }

  /** Marks a write of the host. */
  mark(ptr: number, byteLength: number): void {
    if (byteLength === 0) return;
    const first = this.#slice.base + GROUP_HEADER_BYTES;
    const last = first + GROUP_SLICES * ((ptr + byteLength - 1) >>> CARD_SHIFT);
    const { bytes } = this.#cards;
    for (let at = first + GROUP_SLICES * (ptr >>> CARD_SHIFT); at <= last; at += GROUP_SLICES) bytes[at] = 1;
  }

  /**
   * Captures the content of a memory that was zero, or began with its module's data, before its cards were marked; and clears the cards. Returns `like` if the
   * content is the same.
   *
   * Reads only marked pages, for speed, and because the kernel allocates page tables for everything that is read.
   */
  capture(like: Content | undefined): Content {
    const runs: number[] = [];
    let isLike = like !== undefined;
    this.#takeMarks((from, to) => {
      runs.push(from, to);
      isLike &&= like !== undefined && this.#hasSame(like.bytes, from, to);
    });
    if (like !== undefined && isLike && like.runs.join() === runs.join()) return like;
    if (this.#base !== undefined && runs.length === 0) return this.#base.content;
    const told = this.bytes.subarray(0, this.reportedBytes);
    return { bytes: this.#base?.copyOf(told, runs) ?? told.slice(0, endOfContent(told)), runs };
  }

  /** Makes it as it was before its guest's code ran; clears the cards. */
  clear(): void {
    this.restore(this.#base?.content.bytes ?? NO_BYTES, this.initialPages);
  }

  /** Restores the marked pages, so that all bytes are those of `image`, or zero beyond its end; clears the cards. Returns the number of pages. */
  restore(image: Uint8Array, reportedPages: number): number {
    let pages = 0;
    this.#takeMarks((from, to) => {
      pages += to - from;
      this.#restoreRange(image, Math.max(0, from * CARD_BYTES - SLACK), to * CARD_BYTES + SLACK);
    });
    this.reportedPages = reportedPages;
    return pages;
  }

  /** Gives the slice back; nothing may write to the memory any more. The memory itself is left to the garbage collector. */
  release(): void {
    this.#cards.release(this.memory, this.#slice);
  }

  /** Whether the bytes of a run, and those next to it, are as in `image`. */
  #hasSame(image: Uint8Array, from: number, to: number): boolean {
    const { bytes } = this;
    const start = Math.max(0, from * CARD_BYTES - SLACK);
    const end = Math.min(bytes.byteLength, to * CARD_BYTES + SLACK);
    const imageEnd = Math.max(start, Math.min(end, image.byteLength));
    if (Buffer.compare(bytes.subarray(start, imageEnd), image.subarray(start, imageEnd)) !== 0) return false;
    return bytes.subarray(imageEnd, end).every((byte) => byte === 0);
  }

  #restoreRange(image: Uint8Array, start: number, wantedEnd: number): void {
    const { bytes } = this;
    const end = Math.min(wantedEnd, bytes.byteLength);
    const copiedEnd = Math.min(end, image.byteLength);
    if (copiedEnd > start) bytes.set(image.subarray(start, copiedEnd), start);
    if (end > copiedEnd) bytes.fill(0, Math.max(start, copiedEnd), end);
  }

  #takeMarks(each?: (from: number, to: number) => void): void {
    this.#cards.takeMarks(this.#slice, each);
  }

  get #pages(): number {
    return this.bytes.byteLength / PAGE_BYTES;
  }
}
