import type { LinearMemory } from '../../../abi/guest-memory.ts';
import { NO_BYTES } from '../../../util/no-bytes.ts';

/** A memory that a module defines itself: its guest knows all of it, and nothing is restored. */
export class OwnMemory implements LinearMemory {
  readonly #memory: WebAssembly.Memory;
  #bytes: Uint8Array<ArrayBuffer> = NO_BYTES;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#bytes.byteLength === 0) this.#bytes = new Uint8Array(this.#memory.buffer);
    return this.#bytes;
  }

  get reportedBytes(): number {
    return this.bytes.byteLength;
  }

  mark(): void {
    // Nobody asks.
  }
}
