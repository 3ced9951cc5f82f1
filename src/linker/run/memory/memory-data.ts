import type { DataSegment } from '../../../rewriter/emit/data-segments.ts';
import { PAGE_BYTES } from '../../../wasm/page-bytes.ts';
import { Trap } from '../../../util/trap.ts';
import type { TrackedMemory } from '../cards.ts';
import type { PageStore } from './kernel-pages.ts';
import { MemoryBase, bytesOfData } from './memory-base.ts';

/** Whose memory it is: its initial size in pages if it is the module's own, which nothing else has written to when the module starts. */
type Owner = { readonly initialPages: number; readonly openStore: () => PageStore | undefined } | 'another module';

/** The data that a module writes to one of its memories when it is instantiated. Shared by all instances. */
export class MemoryData {
  /** The memory's index in the module. */
  readonly memory: number;
  readonly owner: Owner;
  #segments: readonly DataSegment[];
  #base: MemoryBase | undefined;

  constructor(memory: number, segments: readonly DataSegment[], owner: Owner) {
    this.memory = memory;
    this.owner = owner;
    // Views would keep the whole file. Those of a module's own memory are gone after its first start.
    this.#segments = owner === 'another module' ? segments.map(copied) : segments;
  }

  /** Writes the data to the memory of an instance. Traps if it does not fit. */
  writeTo(memory: TrackedMemory | undefined): void {
    const base = this.owner === 'another module' ? undefined : (this.#base ??= this.#createBase(this.owner));
    if (base !== undefined && memory !== undefined) memory.begin(base);
    else for (const { offset, bytes } of this.#segments) fill(memory, offset, bytes);
  }

  #createBase({ initialPages, openStore }: Exclude<Owner, string>): MemoryBase | undefined {
    const bytes = bytesOfData(this.#segments, initialPages);
    if (bytes === undefined) return undefined;
    // They may be views of a file of many megabytes that nothing else needs.
    this.#segments = [];
    return MemoryBase.create(bytes, openStore);
  }
}

function copied({ bytes, ...place }: DataSegment): DataSegment {
  return { ...place, bytes: bytes.slice() };
}

function fill(memory: TrackedMemory | undefined, offset: number, bytes: Uint8Array): void {
  if (memory === undefined || offset + bytes.byteLength > memory.reportedPages * PAGE_BYTES) {
    throw new Trap('a data segment does not fit in the memory');
  }
  memory.bytes.set(bytes, offset);
  memory.mark(offset, bytes.byteLength);
}
