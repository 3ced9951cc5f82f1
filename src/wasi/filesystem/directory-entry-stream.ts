import type { Dir, Dirent } from 'node:fs';
import { Charge } from '../../util/held-bytes.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { type DescriptorType, type OpenFile, typeOf } from './open-file.ts';
import type { OpenFiles } from './open-files.ts';
import { opendir } from './system-calls.ts';
import { toText } from './walk.ts';

/** So many entries come with one call of the system, which a guest then takes without waiting. */
const BATCH_ENTRIES = 512;
/** What Node's object for an entry takes at most, beside long names. */
const ENTRY_BYTES = 256;

/** WIT's `directory-entry`. */
export interface DirectoryEntry {
  readonly type: DescriptorType;
  readonly name: string;
}

/** `directory-entry-stream` of `wasi:filesystem/types`. Closed with the request. */
export class DirectoryEntryStream implements Disposable {
  readonly #ctx: WasiCtx;
  readonly #dir: Dir;
  readonly #files: OpenFiles;
  readonly #giveBack: () => void;
  readonly #charge: Charge;
  #batch: Dirent<Buffer>[] = [];
  #next = 0;
  #isAtEnd = false;
  #isOpen = true;

  /** Opens a directory anew, so that each stream has a position of its own. */
  static async open(ctx: WasiCtx, files: OpenFiles, directory: OpenFile): Promise<DirectoryEntryStream> {
    const giveBack = files.takePlace();
    try {
      const dir = await directory.use(() => opendir(directory.path, BATCH_ENTRIES));
      return new DirectoryEntryStream(ctx, files, dir, giveBack);
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  private constructor(ctx: WasiCtx, files: OpenFiles, dir: Dir, giveBack: () => void) {
    this.#ctx = ctx;
    this.#files = files;
    this.#dir = dir;
    this.#giveBack = giveBack;
    this.#charge = new Charge(ctx.held);
    ctx.keep(this);
  }

  /** Whether `take` has an entry, or has come to the end, without a call of the system. */
  get isFilled(): boolean {
    return this.#isAtEnd || this.#next < this.#batch.length;
  }

  /** Reads the next entries. */
  async fill(): Promise<void> {
    this.#charge.resize(BATCH_ENTRIES * ENTRY_BYTES);
    this.#batch = [];
    this.#next = 0;
    while (this.#batch.length < BATCH_ENTRIES) {
      const entry = (await this.#dir.read()) as Dirent<Buffer> | null;
      if (entry === null) {
        this.#isAtEnd = true;
        return;
      }
      this.#batch.push(entry);
    }
  }

  /** `undefined` at the end. Throws `FileError` for a name that is not UTF-8, and goes on behind it the next time. */
  take(): DirectoryEntry | undefined {
    const entry = this.#batch[this.#next];
    if (entry === undefined) return undefined;
    this.#next += 1;
    return { type: typeOf(entry), name: toText(entry.name) };
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#isAtEnd = true;
    this.#ctx.forget(this);
    this.#charge[Symbol.dispose]();
    this.#files.granted.close(() => this.#dir.close(), this.#giveBack);
  }
}
