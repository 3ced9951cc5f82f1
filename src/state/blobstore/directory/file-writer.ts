import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { type BlobWriter, noContainer } from '../blob-store.ts';
import { type Folder, isAbsent, toBlobError } from './folder.ts';

/** Where a file is made, and where it goes when it is complete. */
export interface FilePlaces {
  readonly partial: string;
  readonly folder: Folder;
  readonly path: string;
}

/** A file that gets its name only when all of it is on the disk. */
export class FileWriter implements BlobWriter {
  readonly heldBytes = 0;
  readonly #places: FilePlaces;
  readonly #handle: FileHandle;
  #at: 'partial' | 'placed' | 'closed' = 'partial';

  /** Takes over the folder, also if it rejects. */
  static async open(places: FilePlaces): Promise<FileWriter> {
    try {
      return new FileWriter(places, await open(places.partial, 'wx'));
    } catch (error) {
      await places.folder[Symbol.asyncDispose]();
      throw toBlobError(error);
    }
  }

  private constructor(places: FilePlaces, handle: FileHandle) {
    this.#places = places;
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#handle.writeFile(bytes);
    } catch (error) {
      throw toBlobError(error);
    }
  }

  async finish(): Promise<void> {
    const { partial, folder, path } = this.#places;
    try {
      await this.#handle.sync();
      await rename(partial, path);
      this.#at = 'placed';
      await folder.sync();
    } catch (error) {
      throw isAbsent(error) ? noContainer() : toBlobError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#at === 'closed') return;
    const isPartial = this.#at === 'partial';
    this.#at = 'closed';
    await Promise.allSettled([
      this.#handle.close(),
      this.#places.folder[Symbol.asyncDispose](),
      isPartial ? unlink(this.#places.partial) : undefined,
    ]);
  }
}
