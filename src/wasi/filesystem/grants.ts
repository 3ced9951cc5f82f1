import type { DirectoryGrant } from '../../config/kinds/directories.ts';
import { Drained } from '../../util/drained.ts';
import { DEFAULT_LIMITS, type RequestLimits } from '../../util/limits.ts';
import { type PreopenedDirectory, openPreopened } from './preopened-directory.ts';

/** What a guest is granted of `wasi:filesystem`. Left out: no directory. */
export interface FilesystemGrants {
  readonly directories?: GrantedDirectories | undefined;
}

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
  readonly #maxOpenFiles: number;
  readonly #whenDisposed: DisposableStack;
  #openFiles = 0;
  #pendingWrites = 0;
  readonly #writes = new Drained();

  /** Throws `HostError` if a directory cannot be opened, or if this system cannot keep guests inside it. */
  constructor(grants: readonly DirectoryGrant[], limits: Pick<RequestLimits, 'maxTotalOpenFiles'> = DEFAULT_LIMITS) {
    this.#maxOpenFiles = limits.maxTotalOpenFiles;
    using opened = new DisposableStack();
    this.preopened = grants.map((grant) => {
      const directory = openPreopened(grant);
      opened.defer(() => directory.file.release());
      return directory;
    });
    this.#whenDisposed = opened.move();
  }

  /** How many files and directories guests have open, those that are being closed too. */
  get openFiles(): number {
    return this.#openFiles;
  }

  /** Takes one of the places for open files, if there is one. */
  tryTakePlace(): boolean {
    if (this.#openFiles >= this.#maxOpenFiles) return false;
    this.#openFiles += 1;
    return true;
  }

  /** One of them has been closed. */
  giveBackPlace(): void {
    this.#openFiles -= 1;
  }

  /** Bytes that a stream has taken are being written, whatever becomes of its guest, until `writeEnded`. */
  writeBegan(): void {
    this.#pendingWrites += 1;
  }

  writeEnded(): void {
    this.#pendingWrites -= 1;
    if (this.#pendingWrites === 0) this.#writes.notify();
  }

  /** Resolves when all that streams have taken is written, or has failed. */
  written(): Promise<void> {
    return this.#pendingWrites === 0 ? Promise.resolve() : this.#writes.wait();
  }

  /** Guests that are still at work keep what they use until they are done with it. */
  [Symbol.dispose](): void {
    this.#whenDisposed.dispose();
  }
}
