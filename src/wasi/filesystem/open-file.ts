import type { BigIntStats } from 'node:fs';
import { FileError } from './file-error.ts';

/** WIT's `descriptor-type`. */
export type DescriptorType =
  | 'unknown'
  | 'block-device'
  | 'character-device'
  | 'directory'
  | 'fifo'
  | 'symbolic-link'
  | 'regular-file'
  | 'socket';

/** The kind of a file, of its status or of an entry in a directory. */
export function typeOf(
  file: Pick<BigIntStats, 'isFile' | 'isDirectory' | 'isSymbolicLink' | KindOfDevice>,
): DescriptorType {
  if (file.isFile()) return 'regular-file';
  if (file.isDirectory()) return 'directory';
  if (file.isSymbolicLink()) return 'symbolic-link';
  if (file.isFIFO()) return 'fifo';
  if (file.isSocket()) return 'socket';
  if (file.isBlockDevice()) return 'block-device';
  return file.isCharacterDevice() ? 'character-device' : 'unknown';
}

type KindOfDevice = 'isFIFO' | 'isSocket' | 'isBlockDevice' | 'isCharacterDevice';

/** What of a file never changes while it is open, and its size when it was opened. */
export interface Identity {
  readonly type: DescriptorType;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
}

export function toIdentity(stats: BigIntStats): Identity {
  return { type: typeOf(stats), dev: stats.dev, ino: stats.ino, size: stats.size };
}

/**
 * A descriptor of this process, open until the last that holds it lets go. Whoever uses the number holds it meanwhile: a descriptor that is closed during a
 * call may become another file's.
 */
export class OpenFile {
  readonly fd: number;
  readonly identity: Identity;
  readonly #close: (fd: number) => void;
  #holders = 1;

  /** The caller holds it; `close` closes it when nobody does. */
  constructor(fd: number, identity: Identity, close: (fd: number) => void) {
    this.fd = fd;
    this.identity = identity;
    this.#close = close;
  }

  /** A path for the kernel to this very file, wherever it has gone and whatever now has its name. Source: proc(5), `/proc/[pid]/fd/`. */
  get path(): string {
    return `/proc/self/fd/${this.fd}`;
  }

  get isDirectory(): boolean {
    return this.identity.type === 'directory';
  }

  /** One more holds it, and calls `release` once. Throws `FileError` if it is closed already: its request ended before a call began. */
  hold(): this {
    if (this.#holders === 0) throw new FileError('bad-descriptor');
    this.#holders += 1;
    return this;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#close(this.fd);
  }

  /** Uses the descriptor, which stays open until the promise settles. */
  async use<T>(work: (fd: number) => Promise<T>): Promise<T> {
    this.hold();
    try {
      return await work(this.fd);
    } finally {
      this.release();
    }
  }
}
