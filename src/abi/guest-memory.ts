import { Buffer } from 'node:buffer';
import { Trap } from '../util/trap.ts';
import { NO_BYTES } from '../util/no-bytes.ts';

/** The bytes behind a `GuestMemory`. */
export interface LinearMemory {
  /** All existing bytes. Never detached when read. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The size reported to the guest; never above the real one. */
  readonly reportedBytes: number;
  /** Called for every range that the host writes. */
  mark(ptr: number, byteLength: number): void;
}

const NO_VIEW = new DataView(NO_BYTES.buffer);

/**
 * A guest's linear memory as the host reads and writes it.
 *
 * The views become stale when the memory grows; `refresh` recreates them. Call it whenever the guest may have run since the last access. Pointers are
 * checked against `byteLength()`, which can be less than the length of the views.
 *
 * The memory may be created after the functions that use it: until it is attached, there are no bytes.
 */
export class GuestMemory {
  view: DataView<ArrayBuffer> = NO_VIEW;
  bytes: Uint8Array<ArrayBuffer> = NO_BYTES;
  #memory: LinearMemory | undefined;
  #text: Buffer | undefined;

  constructor(memory?: LinearMemory) {
    this.#memory = memory;
    this.refresh();
  }

  /** Sets the memory, as of the next `refresh`. */
  attach(memory: LinearMemory | undefined): void {
    if (this.#memory === memory) return;
    this.#memory = memory;
    this.bytes = NO_BYTES;
    this.view = NO_VIEW;
    this.#text = undefined;
  }

  byteLength(): number {
    return this.#memory?.reportedBytes ?? 0;
  }

  markWritten(ptr: number, byteLength: number): void {
    this.#memory?.mark(ptr, byteLength);
  }

  /** The bytes with Node's string codecs. */
  get text(): Buffer {
    return (this.#text ??= Buffer.from(this.view.buffer));
  }

  /** Recreates the views if growing the memory has detached them. */
  refresh(): void {
    // An empty memory looks detached too; recreating its views is harmless.
    if (this.bytes.byteLength === 0) this.#takeViews();
  }

  #takeViews(): void {
    if (this.#memory === undefined) return;
    this.bytes = this.#memory.bytes;
    this.view = new DataView(this.bytes.buffer);
    this.#text = undefined;
  }
}

/** Traps unless `byteLength` bytes at `ptr` lie in the memory, and `ptr` is a multiple of `alignment`. */
export function checkRange(memory: GuestMemory, ptr: number, byteLength: number, alignment: number): void {
  if ((ptr & (alignment - 1)) !== 0 || ptr + byteLength > memory.byteLength()) {
    trapOutOfRange(memory, ptr, byteLength, alignment);
  }
}

function trapOutOfRange(memory: GuestMemory, ptr: number, byteLength: number, alignment: number): never {
  if ((ptr & (alignment - 1)) !== 0) throw new Trap(`pointer ${ptr} is not a multiple of ${alignment}`);
  throw new Trap(`out of bounds: ${byteLength} bytes at ${ptr} in a memory of ${memory.byteLength()} bytes`);
}

/** Like `checkRange`, for a range that the host is about to write. */
export function checkWritable(memory: GuestMemory, ptr: number, byteLength: number, alignment: number): void {
  checkRange(memory, ptr, byteLength, alignment);
  memory.markWritten(ptr, byteLength);
}
