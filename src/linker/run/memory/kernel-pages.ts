import { close, openSync, writeSync } from 'node:fs';
import { type FfiModule, loadFfi } from '../../../util/ffi.ts';
import { PAGE_BYTES } from '../../../wasm/page-bytes.ts';

/** The C library's functions, as Linux has them on machines with 64 bits. */
const SIGNATURES = {
  memfd_create: { arguments: ['string', 'uint32'], return: 'int32' },
  ftruncate: { arguments: ['int32', 'int64'], return: 'int32' },
  fcntl: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  close: { arguments: ['int32'], return: 'int32' },
  mmap: { arguments: ['pointer', 'uint64', 'int32', 'int32', 'int32', 'int64'], return: 'pointer' },
} as const;

interface Libc {
  memfd_create(name: string, flags: number): number;
  ftruncate(fd: number, length: bigint): number;
  fcntl(fd: number, command: number, argument: number): number;
  close(fd: number): number;
  mmap(address: bigint, length: bigint, protection: number, flags: number, fd: number, offset: bigint): bigint;
}

/** Source: Linux, include/uapi/linux/memfd.h, fcntl.h, asm-generic/mman-common.h; the same on x64 and arm64. */
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
const SEAL_ALL = 1 | 2 | 4 | 8;
const PROT_READ_WRITE = 1 | 2;
const MAP_PRIVATE_FIXED = 0x02 | 0x10;

/** The files from which no memory will be mapped any more: mappings do not need the descriptor. It outlives everything that it watches, or would not tell. */
const UNUSED = new FinalizationRegistry<number>((fd) => close(fd, () => undefined));

/** Where the pages are in a memory: whole pages of WebAssembly. */
interface Range {
  readonly offset: number;
  readonly byteLength: number;
}

/**
 * Pages of the kernel that many memories share until they write to them: a file without a name whose content can never change.
 *
 * What could go wrong, and why it does not:
 * - The address could be another's. It is asked for while the caller holds the memory, and used in the same call of JavaScript, in which nothing can free, grow or
 *   detach it; no other thread knows a memory that is not shared. It is believed only if a word written through the memory is read there.
 * - The range could go beyond the memory. It is whole WebAssembly pages below the memory's own end, which every system page divides. So neither V8's guard
 *   regions nor what a memory may grow into is ever touched.
 * - V8 could expect zeros. It only does so of pages that it adds, which are beyond the range. It frees a memory's addresses as a whole, which ends the mapping,
 *   and would take it for plain pages if it moved it to grow it. Builds with V8's sandbox, which keeps addresses, are left out (`openKernelPages`).
 * - The file could change or get shorter, which would change all memories or end the process. It is sealed against both, also against us.
 * - A write could be seen by others. The mapping is private: the kernel copies a page for who writes to it first, and the host's writes go the same way.
 * - `mmap` could fail and leave a hole. The kernel checks all limits before it removes what was there; only if it had no memory for its own small structures
 *   there would be one.
 */
export class KernelPages {
  readonly #system: System;
  readonly #fd: number;
  readonly #offset: number;
  readonly #byteLength: number;

  constructor(system: System, fd: number, { offset, byteLength }: Range) {
    this.#system = system;
    this.#fd = fd;
    this.#offset = offset;
    this.#byteLength = byteLength;
    UNUSED.register(this, fd);
  }

  /** Puts the pages in the place of those of a memory that nobody else knows. Returns `false`, and changes nothing, if that is not possible. */
  mapInto(memory: WebAssembly.Memory): boolean {
    const { buffer } = memory;
    if (buffer.byteLength < this.#offset + this.#byteLength) return false;
    const address = this.#system.addressOf(buffer, this.#offset);
    return address !== undefined && this.#system.map(address, this.#byteLength, this.#fd);
  }
}

/** What this process can ask of its kernel. */
class System {
  readonly #ffi: FfiModule;
  readonly #libc: Libc;

  constructor(ffi: FfiModule) {
    this.#ffi = ffi;
    this.#libc = ffi.dlopen(null, SIGNATURES).functions;
  }

  /** Stores `parts` of what memories begin with; all else is zero. Returns `undefined` if the kernel has no room for them. */
  store(parts: readonly Uint8Array[]): KernelPages | undefined {
    const [first, last] = [parts[0], parts.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const offset = first.byteOffset - (first.byteOffset % PAGE_BYTES);
    const byteLength = Math.ceil((last.byteOffset + last.byteLength - offset) / PAGE_BYTES) * PAGE_BYTES;
    const fd = this.#createFile({ parts, offset, byteLength });
    return fd === undefined ? undefined : new KernelPages(this, fd, { offset, byteLength });
  }

  /** The address of a byte of a buffer; `undefined` if it is not there. */
  addressOf(buffer: ArrayBuffer, offset: number): bigint | undefined {
    const address = this.#ffi.getRawPointer(buffer) + BigInt(offset);
    const words = new Int32Array(buffer, offset, 1);
    const [word = 0] = words;
    words[0] = ~word;
    const isThere = this.#ffi.getInt32(address, 0) === ~word;
    words[0] = word;
    return isThere && this.#ffi.getInt32(address, 0) === word ? address : undefined;
  }

  map(address: bigint, byteLength: number, fd: number): boolean {
    return this.#libc.mmap(address, BigInt(byteLength), PROT_READ_WRITE, MAP_PRIVATE_FIXED, fd, 0n) === address;
  }

  /** A descriptor that can only be read from. */
  #createFile({ parts, offset, byteLength }: Range & { readonly parts: readonly Uint8Array[] }): number | undefined {
    const fd = this.#libc.memfd_create('wasi-serve', MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return undefined;
    try {
      if (this.#libc.ftruncate(fd, BigInt(byteLength)) !== 0) return undefined;
      for (const part of parts) writeAll(fd, part, part.byteOffset - offset);
      if (this.#libc.fcntl(fd, F_ADD_SEALS, SEAL_ALL) !== 0) return undefined;
      // Opened by Node, which closes the descriptors of a thread with it.
      return openSync(`/proc/self/fd/${fd}`, 'r');
    } catch {
      return undefined;
    } finally {
      this.#libc.close(fd);
    }
  }
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.byteLength;) at += writeSync(fd, bytes, at, bytes.byteLength - at, position + at);
}

/** How pages are stored for memories. */
export type PageStore = Pick<System, 'store'>;

/**
 * Opens what shares pages between memories; `undefined` where that is not possible: not Linux, no `node:ffi`, no permission for it (`--allow-ffi`), V8 with its
 * sandbox, or pages that do not behave as they should when it is tried.
 */
export function openKernelPages(): PageStore | undefined {
  const isKnown = process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64');
  const { v8_enable_sandbox: sandbox } = process.config.variables as { readonly v8_enable_sandbox?: unknown };
  if (!isKnown || (sandbox !== undefined && sandbox !== 0)) return undefined;
  try {
    const ffi = loadFfi();
    if (ffi === undefined) return undefined;
    const system = new System(ffi);
    return behaves(system) ? system : undefined;
  } catch {
    return undefined;
  }
}

/** Whether two memories share pages until one writes, and keep all that is theirs. */
function behaves(system: System): boolean {
  const pattern = Uint8Array.from({ length: PAGE_BYTES }, (_, index) => (index * 7) ^ (index >> 8));
  const bytes = new Uint8Array(2 * PAGE_BYTES);
  bytes.set(pattern, PAGE_BYTES);
  const pages = system.store([bytes.subarray(PAGE_BYTES)]);
  if (pages === undefined) return false;
  const [one, other] = [0, 1].map(() => {
    const memory = new WebAssembly.Memory({ initial: 3, maximum: 5 });
    new Uint8Array(memory.buffer).fill(0xa5);
    return memory;
  }) as [WebAssembly.Memory, WebAssembly.Memory];
  if (!pages.mapInto(one)) return false;
  new Uint8Array(one.buffer, PAGE_BYTES).fill(0x5a, 0, 9000);
  if (!pages.mapInto(other)) return false;
  one.grow(2);
  other.grow(1);
  const changed = pattern.slice().fill(0x5a, 0, 9000);
  return isAround(one, changed) && isAround(other, pattern);
}

/** Whether a memory has `page` as its second, what was in the first and third, and zeros behind. */
function isAround(memory: WebAssembly.Memory, page: Uint8Array): boolean {
  const bytes = new Uint8Array(memory.buffer);
  const same = (at: number, wanted: Uint8Array): boolean =>
    Buffer.compare(bytes.subarray(at, at + PAGE_BYTES), wanted) === 0;
  const before = new Uint8Array(PAGE_BYTES).fill(0xa5);
  return (
    same(0, before) &&
    same(PAGE_BYTES, page) &&
    same(2 * PAGE_BYTES, before) &&
    bytes.subarray(3 * PAGE_BYTES).every((byte) => byte === 0)
  );
}
