import type { DirectoryGrant } from '../../config/kinds/directories.ts';
import { Drained } from '../../util/drained.ts';
import { DEFAULT_LIMITS, type RequestLimits } from '../../util/limits.ts';
import { FileThreads } from './file-threads.ts';
import { type PreopenedDirectory, openPreopened } from './preopened-directory.ts';

/** What a guest is granted of `wasi:filesystem`. Left out: no directory. */
export interface FilesystemGrants {
  readonly directories?: GrantedDirectories | undefined;
}

/** Bounds on what the guests of a component have the host hold for files, also after their requests have ended. */
type DirectoryLimits = Pick<RequestLimits, 'maxTotalOpenFiles' | 'maxHeldBytes'>;

/** So many times what one request may have the host hold is kept for file systems that are slow, also of requests that have ended. */
const MAX_PENDING_SHARE = 16;

/** A file system that has taken nothing for so long is not waited for. */
const STALLED_MS = 10_000;

/** What `wasi:filesystem` needs of a host. */
export interface FilesystemOptions {
  readonly openedDirectories: GrantedDirectories | undefined;
}

export function grantFilesystem({ openedDirectories }: FilesystemOptions): FilesystemGrants {
  return { directories: openedDirectories };
}

/**
 * The directories that all guests of a component may use, open from when the component is mounted, and what its guests have open in them.
 *
 * Whoever opens them disposes them.
 */
export class GrantedDirectories implements Disposable {
  readonly preopened: readonly PreopenedDirectory[];
  readonly threads = new FileThreads();
  readonly #limits: DirectoryLimits;
  readonly #localDevices: ReadonlySet<bigint>;
  readonly #whenDisposed: DisposableStack;
  #openFiles = 0;
  #pendingWrites = 0;
  #pendingBytes = 0;
  /** Changes whenever a file system takes something. */
  #progress = 0;
  readonly #writes = new Drained();

  /** Throws `HostError` if a directory cannot be opened, or if this system cannot keep guests inside it. */
  constructor(grants: readonly DirectoryGrant[], limits: DirectoryLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
    using opened = new DisposableStack();
    this.preopened = grants.map((grant) => {
      const directory = openPreopened(grant);
      opened.defer(() => directory.file.release());
      return directory;
    });
    const local = this.preopened.filter(({ isLocal }) => isLocal);
    this.#localDevices = new Set(local.map(({ file }) => file.identity.dev));
    this.#whenDisposed = opened.move();
  }

  /** How many files and directories guests have open, those that are being closed too. */
  get openFiles(): number {
    return this.#openFiles;
  }

  /** Whether the files of a device are on a local file system, of which the kernel answers from its memory. */
  isLocal(device: bigint): boolean {
    return this.#localDevices.has(device);
  }

  /** Takes one of the places for open files, if there is one. */
  tryTakePlace(): boolean {
    if (this.#openFiles >= this.#limits.maxTotalOpenFiles) return false;
    this.#openFiles += 1;
    return true;
  }

  /** One of them has been closed. */
  giveBackPlace(): void {
    this.#openFiles -= 1;
  }

  /** Closes something when a thread is there for it; `whenClosed` gives back what it counted for. */
  close(work: () => Promise<void>, whenClosed: () => void): void {
    // An error of closing is about bytes that were written, which nobody can be told any more.
    void this.threads.run(work).then(whenClosed, whenClosed);
  }

  /** Bytes that a stream has taken are being written, whatever becomes of its guest, until `writeEnded`. */
  writeBegan(): void {
    this.#pendingWrites += 1;
  }

  writeEnded(): void {
    this.#pendingWrites -= 1;
    if (this.#pendingWrites === 0) this.#writes.notify();
  }

  /** Counts bytes that a stream takes until `wrote`. Returns `false` if there are too many that no file system has taken yet. */
  tryTakeBytes(byteLength: number): boolean {
    if (this.#pendingBytes + byteLength > MAX_PENDING_SHARE * this.#limits.maxHeldBytes) return false;
    this.#pendingBytes += byteLength;
    return true;
  }

  /** Such bytes are written, or nobody can write them. */
  wrote(byteLength: number): void {
    this.#pendingBytes -= byteLength;
    this.#progress += 1;
  }

  /** Resolves when all that streams have taken is written, or has failed, or when a file system has taken nothing for too long. */
  async written(): Promise<void> {
    let progress: number | undefined;
    while (this.#pendingWrites > 0 && progress !== this.#progress) {
      progress = this.#progress;
      await this.#writes.waitFor(STALLED_MS);
    }
  }

  /** Guests that are still at work keep what they use until they are done with it. */
  [Symbol.dispose](): void {
    this.#whenDisposed.dispose();
  }
}
