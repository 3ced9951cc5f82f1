import type { WasiCtx } from '../wasi-ctx.ts';
import { FileError } from './file-error.ts';
import type { OpenFile } from './open-file.ts';
import type { PreopenedDirectory } from './preopened-directory.ts';

/** What a guest opened a file or directory for. */
export interface OpenMode {
  readonly read: boolean;
  readonly write: boolean;
  readonly mutateDirectory: boolean;
}

/** WIT's `descriptor-flags`. */
export interface DescriptorFlags extends OpenMode {
  readonly fileIntegritySync: boolean;
  readonly dataIntegritySync: boolean;
  readonly requestedWriteSync: boolean;
}

/** `descriptor` of `wasi:filesystem/types`: a file or directory that is open, below a directory that was granted. Closed with the request. */
export class Descriptor implements Disposable {
  readonly file: OpenFile;
  readonly access: PreopenedDirectory['access'];
  readonly mode: OpenMode;
  readonly #ctx: WasiCtx;
  #isOpen = true;

  /** Takes over the caller's hold of `file`. */
  constructor(ctx: WasiCtx, file: OpenFile, { access, mode }: Pick<Descriptor, 'access' | 'mode'>) {
    this.#ctx = ctx;
    this.file = file;
    this.access = access;
    this.mode = mode;
    ctx.keep(this);
  }

  get flags(): DescriptorFlags {
    return { ...this.mode, fileIntegritySync: false, dataIntegritySync: false, requestedWriteSync: false };
  }

  /** The directory; throws `FileError` if it is a file. */
  get directory(): OpenFile {
    if (!this.file.isDirectory) throw new FileError('not-directory');
    return this.file;
  }

  /** The file; throws `FileError` if it is a directory. */
  get regularFile(): OpenFile {
    if (this.file.isDirectory) throw new FileError('bad-descriptor');
    return this.file;
  }

  /** Throws `FileError` if the grant is read-only. */
  assertWritable(): void {
    if (this.access === 'read-only') throw new FileError('not-permitted');
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#ctx.forget(this);
    this.file.release();
  }
}
