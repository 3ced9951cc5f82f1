import { type FfiModule, loadFfi } from '../../util/ffi.ts';
import { whenNeeded } from '../../util/when-needed.ts';
import { O_NOFOLLOW, O_PATH } from './system-calls.ts';

const SIGNATURES = {
  syscall: { arguments: ['int64', 'int32', 'pointer', 'pointer', 'uint64'], return: 'int32' },
  preadv2: { arguments: ['int32', 'pointer', 'int32', 'int64', 'int32'], return: 'int32' },
} as const;

interface Libc {
  syscall(number: bigint, fd: number, path: bigint, how: bigint, size: bigint): number;
  preadv2(fd: number, vectors: bigint, count: number, offset: bigint, flags: number): number;
}

/** Source: Linux, asm-generic/unistd.h, openat2.h, fs.h; the same on x64 and arm64. */
const SYS_OPENAT2 = 437n;
const O_CLOEXEC = 0o2_000_000;
const RESOLVE_NO_XDEV = 0x01;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const RESOLVE_CACHED = 0x20;
const RWF_NOWAIT = 0x08;

/** One call copies so much in some 10 us. */
const MAX_READ_BYTES = 64 * 1024;
const MAX_PATH_BYTES = 4096;

/** Where what the kernel reads is, in one piece of memory: `struct open_how`, `struct iovec`, the path, the bytes. */
const [VECTOR_AT, PATH_AT, BYTES_AT] = [32, 64, 64 + MAX_PATH_BYTES] as const;
const HOW_BYTES = 24;

/**
 * What the kernel can answer from its memory about files, without a thread: it refuses what it would have to wait for, and whoever asks then waits in the pool.
 * Node has no functions for it.
 */
export class CachedFiles {
  readonly #libc: Libc;
  readonly #memory = new ArrayBuffer(BYTES_AT + MAX_READ_BYTES);
  readonly #address: bigint;
  readonly #path = new Uint8Array(this.#memory, PATH_AT, MAX_PATH_BYTES);
  readonly #bytes = new Uint8Array(this.#memory, BYTES_AT, MAX_READ_BYTES);
  readonly #vector = new BigUint64Array(this.#memory, VECTOR_AT, 2);
  readonly #encoder = new TextEncoder();

  constructor(ffi: FfiModule) {
    this.#libc = ffi.dlopen(null, SIGNATURES).functions;
    this.#address = ffi.getRawPointer(this.#memory);
    const how = new BigUint64Array(this.#memory, 0, HOW_BYTES / BigUint64Array.BYTES_PER_ELEMENT);
    how[0] = BigInt(O_PATH | O_NOFOLLOW | O_CLOEXEC);
    how[2] = BigInt(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_CACHED);
    this.#vector[0] = this.#address + BigInt(BYTES_AT);
  }

  /**
   * A descriptor that only stands for what is at `path` below a directory, on the same file system. `undefined` if the kernel does not know without waiting,
   * or if there is a link on the way, or nothing.
   */
  find(directory: number, path: string): number | undefined {
    if (path.length > MAX_PATH_BYTES) return undefined;
    const { read, written } = this.#encoder.encodeInto(path, this.#path);
    if (read < path.length || written === MAX_PATH_BYTES) return undefined;
    this.#path[written] = 0;
    const address = this.#address + BigInt(PATH_AT);
    const fd = this.#libc.syscall(SYS_OPENAT2, directory, address, this.#address, BigInt(HOW_BYTES));
    return fd < 0 ? undefined : fd;
  }

  /** Bytes of a file, perhaps fewer than are there; none at its end. `undefined` if they would have to be waited for. */
  read(fd: number, byteLength: number, offset: bigint): Uint8Array | undefined {
    this.#vector[1] = BigInt(Math.min(byteLength, MAX_READ_BYTES));
    const count = this.#libc.preadv2(fd, this.#address + BigInt(VECTOR_AT), 1, offset, RWF_NOWAIT);
    return count < 0 ? undefined : this.#bytes.slice(0, count);
  }
}

/** `undefined` where the kernel cannot be asked so: not Linux, an old one, no `node:ffi`, or with `--permission`. */
export const cachedFiles = whenNeeded((): CachedFiles | undefined => {
  // What Node may not read, no other way may.
  if (process.permission !== undefined) return undefined;
  const isKnown = process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64');
  if (!isKnown) return undefined;
  try {
    const ffi = loadFfi();
    return ffi === undefined ? undefined : new CachedFiles(ffi);
  } catch {
    return undefined;
  }
});
