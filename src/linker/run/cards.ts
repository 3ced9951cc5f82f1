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
import type { MemorySize } from './wiring.ts';

const SYSTEM_PAGE_BYTES = 4096;
const CARDS_PER_PAGE = PAGE_BYTES / CARD_BYTES;
const CHARGED_WORDS = CHARGED_OFFSET / Int32Array.BYTES_PER_ELEMENT;
const MAX_CARD_PAGES = 65_536;
/** How many pages the memory of cards grows by at once: address space, not resident memory. */
const GROWTH_PAGES = 256;

/** The cards of one linear memory. */
interface Slice {
  /** Where its group begins, plus its number in the group. */
  readonly base: number;
  /** Of the memory. */
  readonly maxPages: number;
}

/**
 * The memory in which all instances of a component mark what they write: one slice for each linear memory.
 *
 * One for many, because V8 holds only so many memories. Shape of a slice: see `GROUP_SLICES`.
 */
export class Cards {
  readonly memory = new WebAssembly.Memory({ initial: GROWTH_PAGES, maximum: MAX_CARD_PAGES });
  /** Bases of slices by the pages that they are for. */
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

  /** A slice for a memory of `maxPages` at most, all its cards clear; held as long as `memory` is, if not released before. */
  lease(memory: WebAssembly.Memory, maxPages: number): Slice {
    const base = this.#free.get(maxPages)?.pop() ?? this.#extend(maxPages);
    const slice = { base, maxPages };
    this.#abandoned.register(memory, slice, memory);
    return slice;
  }

  /** Gives a slice back before its memory is gone. Nothing may write to that memory any more. */
  release(memory: WebAssembly.Memory, slice: Slice): void {
    this.#abandoned.unregister(memory);
    this.#reclaim(slice);
  }

  /**
   * Calls `each` for every run of neighbouring cards that are marked, `[from, to)` counted from the memory's start, and clears them.
   *
   * No page beyond the size that the guest is told is ever marked, and that does not shrink while it runs.
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

  /** Where the size of a slice's memory stands in `words`. */
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

  /** Makes a group of slices; the first is for now. */
  #extend(maxPages: number): number {
    const group = this.#end;
    const byteLength = GROUP_HEADER_BYTES + maxPages * CARDS_PER_PAGE * GROUP_SLICES;
    this.#growTo(group + byteLength);
    // Each group begins with a page of the system's: what a small memory needs of it, all at its start, would else lie on two.
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
      throw new HostError('overloaded', 'there is no room to mark the pages of another instance', { cause: error });
    }
  }
}

/** What a memory held when its image was taken. */
export interface Content {
  /** Without the zeros at the end. */
  readonly bytes: Uint8Array;
  /** The cards that were marked. Shape: of each run its first and the one after its last. */
  readonly runs: readonly number[];
}

/** A guest's linear memory with its slice of cards: what was written since the cards were last cleared is known. */
export class TrackedMemory implements LinearMemory {
  readonly memory: WebAssembly.Memory;
  readonly initialPages: number;
  readonly #cards: Cards;
  readonly #slice: Slice;
  readonly #sizeAt: number;
  #bytes: Uint8Array<ArrayBuffer>;
  /** How many pages the memory has that its guest did not ask V8 for. */
  #pagesGiven: number;
  /** Whether some of these are more than the guest has ever been told of. */
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

  /** What tells the modules of an instance where the cards are. */
  get base(): number {
    return this.#slice.base;
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
    return this.#cards.words[this.#sizeAt] ?? 0;
  }

  set reportedPages(pages: number) {
    this.#cards.words[this.#sizeAt] = pages;
  }

  /** The bytes that a guest was ever told of: those that may be written. */
  get chargedBytes(): number {
    return this.#hasRoom ? (this.#cards.words[this.#sizeAt + CHARGED_WORDS] ?? 0) * PAGE_BYTES : this.bytes.byteLength;
  }

  /** Whether V8 was asked for pages by a guest, which no restore takes back. */
  get hasGrown(): boolean {
    return this.#pages > this.#pagesGiven;
  }

  /** Takes note of the size that the memory has: a module that does not track it may have grown it. */
  noteSize(): void {
    if (this.#hasRoom) return;
    this.reportedPages = this.#pages;
    this.#cards.words[this.#sizeAt + CHARGED_WORDS] = this.#pages;
  }

  /**
   * Adds pages of which the guest is not told, to grow into without V8. A load from them gives zero, a store traps.
   *
   * Has no effect if V8 has no memory for them.
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

  /** Marks what the host writes. */
  mark(ptr: number, byteLength: number): void {
    if (byteLength === 0) return;
    const first = this.#slice.base + GROUP_HEADER_BYTES;
    const last = first + GROUP_SLICES * ((ptr + byteLength - 1) >>> CARD_SHIFT);
    const { bytes } = this.#cards;
    for (let at = first + GROUP_SLICES * (ptr >>> CARD_SHIFT); at <= last; at += GROUP_SLICES) bytes[at] = 1;
  }

  /**
   * What a memory holds that was zero before its cards were marked: `like` where it is the same. Clears the cards.
   *
   * Looks at marked pages only, for speed, and because the kernel keeps tables for whatever is looked at.
   */
  capture(like: Content | undefined): Content {
    const runs: number[] = [];
    let isLike = like !== undefined;
    this.#takeMarks((from, to) => {
      runs.push(from, to);
      isLike &&= like !== undefined && this.#hasSame(like.bytes, from, to);
    });
    if (like !== undefined && isLike && like.runs.join() === runs.join()) return like;
    const told = this.bytes.subarray(0, this.reportedBytes);
    return { bytes: told.slice(0, endOfContent(told)), runs };
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
    this.#cards.release(this.memory, this.#slice);
  }

  /** Whether the bytes of a run, and those near it, are as in `image`. */
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

/** Where the zeros begin that are all that follows. */
function endOfContent(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer, 0, bytes.length / Int32Array.BYTES_PER_ELEMENT);
  let word = words.length;
  while (word > 0 && words[word - 1] === 0) word -= 1;
  let end = word * words.BYTES_PER_ELEMENT;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}
