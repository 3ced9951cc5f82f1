import type { DataSegment } from '../../../rewriter/emit/data-segments.ts';
import { CARD_BYTES, SLACK } from '../../../rewriter/layout.ts';
import { PAGE_BYTES } from '../../../wasm/page-bytes.ts';
import { endOfContent } from './end-of-content.ts';
import type { KernelPages, PageStore } from './kernel-pages.ts';

/** Less data than this is copied in less time than pages are mapped, and then copied one by one. */
const WORTH_SHARING_BYTES = 512 * 1024;

/** A memory's content when its image was captured. */
export interface Content {
  /** The bytes, without trailing zeros. */
  readonly bytes: Uint8Array;
  /** The cards that were marked. Shape: for each run, its first card and the one after its last. */
  readonly runs: readonly number[];
}

/**
 * What a memory holds when its module's data has been written, and nothing else: each start begins with it, and it is what unmarked pages hold. All
 * instances of a component have the same.
 */
export class MemoryBase {
  /** The content of a memory that nothing else has written to. */
  readonly content: Content;
  /** `undefined` if it is copied to each memory. */
  readonly #pages: KernelPages | undefined;
  /** The parts of `content` that are not zero. Copying others would make them resident. */
  readonly #parts: readonly Uint8Array[];

  private constructor(bytes: Uint8Array, parts: readonly Uint8Array[], pages: KernelPages | undefined) {
    this.content = { bytes, runs: [] };
    this.#pages = pages;
    // Views of the content, also if they were found in a copy of it: looking for them here would make all shared pages resident.
    this.#parts = parts.map(({ byteOffset, byteLength }) => bytes.subarray(byteOffset, byteOffset + byteLength));
  }

  /** `bytes` are those of a whole number of pages. If enough of them are not zero, memories share them by `openStore` until they write to them. */
  static create(bytes: Uint8Array, openStore: () => PageStore | undefined): MemoryBase {
    const content = bytes.subarray(0, endOfContent(bytes));
    const parts = partsOf(content);
    const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0);
    const pages = byteLength < WORTH_SHARING_BYTES ? undefined : openStore()?.store(parts);
    const shared = pages && mapped(pages, bytes.byteLength)?.subarray(0, content.byteLength);
    return new MemoryBase(shared ?? content, parts, shared && pages);
  }

  /** Writes it to a memory that is zero and that nobody else knows. */
  writeTo(memory: WebAssembly.Memory): void {
    if (this.#pages?.mapInto(memory) === true) return;
    const bytes = new Uint8Array(memory.buffer);
    for (const part of this.#parts) bytes.set(part, part.byteOffset);
  }

  /** Copies the bytes, without trailing zeros, of a memory that began with this and in which the pages of `runs` were written. */
  copyOf(bytes: Uint8Array, runs: readonly number[]): Uint8Array {
    const end = endOfContent(bytes);
    const copy = this.#pages && mapped(this.#pages, bytes.byteLength);
    if (copy === undefined) return bytes.slice(0, end);
    for (let at = 0; at < runs.length; at += 2) {
      const [from = 0, to = 0] = runs.slice(at, at + 2);
      const start = Math.max(0, from * CARD_BYTES - SLACK);
      copy.set(bytes.subarray(start, to * CARD_BYTES + SLACK), start);
    }
    return copy.subarray(0, end);
  }
}

/** The parts that hold anything but zeros, to the nearest `CARD_BYTES`. Views of `bytes`, which begin where their buffer does. */
function partsOf(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const { byteLength } = bytes;
  for (let at = 0; at < byteLength; at += CARD_BYTES) {
    if (isZero(bytes, at)) continue;
    const from = at;
    while (at < byteLength && !isZero(bytes, at)) at += CARD_BYTES;
    parts.push(bytes.subarray(from, at));
  }
  return parts;
}

const ZEROS = new Uint8Array(CARD_BYTES);

function isZero(bytes: Uint8Array, at: number): boolean {
  const page = bytes.subarray(at, at + CARD_BYTES);
  return Buffer.compare(page, ZEROS.subarray(0, page.byteLength)) === 0;
}

/** The bytes of a new memory with these pages. It never grows, so that its bytes stay where they are. */
function mapped(pages: KernelPages, byteLength: number): Uint8Array | undefined {
  const size = byteLength / PAGE_BYTES;
  const memory = new WebAssembly.Memory({ initial: size, maximum: size });
  return pages.mapInto(memory) ? new Uint8Array(memory.buffer) : undefined;
}

/** The bytes of a new memory of `pages` pages with this data; `undefined` if the data is beyond its end. */
export function bytesOfData(segments: readonly DataSegment[], pages: number): Uint8Array | undefined {
  const end = segments.reduce((most, { offset, bytes }) => Math.max(most, offset + bytes.byteLength), 0);
  if (end > pages * PAGE_BYTES) return undefined;
  const all = new Uint8Array(Math.ceil(end / PAGE_BYTES) * PAGE_BYTES);
  for (const { offset, bytes } of segments) all.set(bytes, offset);
  return all;
}
