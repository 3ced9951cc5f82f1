import { Buffer } from 'node:buffer';
import { Trap } from './trap.ts';

/** What a `GuestMemory` is made of. */
export interface GuestMemoryOptions {
  /** A `WebAssembly.Memory`, or what has a buffer as one has. */
  readonly memory: { readonly buffer: ArrayBufferLike };
  /** The size in bytes that the guest believes its memory has; the real one where it is left out. Never above the real one. */
  readonly byteLength?: () => number;
  /** Called for every range that the host writes. */
  readonly markWritten?: (ptr: number, byteLength: number) => void;
}

/**
 * A guest's linear memory as the host reads and writes it.
 *
 * The views go stale when the memory grows; `refresh` takes them again. It has to be called whenever the guest may have
 * run since the last look. Pointers are checked against `byteLength()`, which can be below the length of the views.
 */
export class GuestMemory {
  readonly byteLength: () => number;
  readonly markWritten: (ptr: number, byteLength: number) => void;
  view: DataView<ArrayBuffer>;
  bytes: Uint8Array<ArrayBuffer>;
  readonly #memory: GuestMemoryOptions['memory'];
  #text: Buffer | undefined;

  constructor(options: GuestMemoryOptions) {
    this.#memory = options.memory;
    this.bytes = new Uint8Array(options.memory.buffer as ArrayBuffer);
    this.view = new DataView(this.bytes.buffer);
    this.byteLength = options.byteLength ?? (() => this.bytes.byteLength);
    this.markWritten = options.markWritten ?? markNothing;
  }

  /** The bytes with Node's string codecs. */
  get text(): Buffer {
    return (this.#text ??= Buffer.from(this.view.buffer));
  }

  /** Takes the views again if growing the memory has detached them. */
  refresh(): void {
    // An empty memory looks detached too; taking its views again is harmless.
    if (this.bytes.byteLength === 0) this.#takeViews();
  }

  #takeViews(): void {
    this.bytes = new Uint8Array(this.#memory.buffer as ArrayBuffer);
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
  throw new Trap(`${byteLength} bytes at ${ptr} end outside of the memory of ${memory.byteLength()} bytes`);
}

/** As `checkRange`, for a range that the host is about to write. */
export function checkWritable(memory: GuestMemory, ptr: number, byteLength: number, alignment: number): void {
  checkRange(memory, ptr, byteLength, alignment);
  memory.markWritten(ptr, byteLength);
}

function markNothing(): void {
  // A strategy that makes a new memory for each request has no use for marks.
}
