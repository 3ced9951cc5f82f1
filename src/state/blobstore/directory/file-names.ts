import type { Dir } from 'node:fs';
import { opendir } from 'node:fs/promises';
import type { NameList } from '../blob-store.ts';
import { fromFileName } from './file-name.ts';
import type { Folder } from './folder.ts';

const PAGE_NAMES = 512;

/** The names of the objects in a folder, page by page. What others have put there under a name that no object has is left out. */
export class FileNames implements NameList {
  readonly #folder: Folder;
  readonly #dir: Dir;

  /** Takes over the folder, also if it rejects. */
  static async open(folder: Folder): Promise<FileNames> {
    try {
      return new FileNames(folder, await opendir(folder.path, { bufferSize: PAGE_NAMES }));
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(folder: Folder, dir: Dir) {
    this.#folder = folder;
    this.#dir = dir;
  }

  async next(): Promise<readonly string[] | undefined> {
    const names: string[] = [];
    while (names.length < PAGE_NAMES) {
      const entry = await this.#dir.read();
      if (entry === null) return names.length === 0 ? undefined : names;
      const name = entry.isFile() ? fromFileName(entry.name) : undefined;
      if (name !== undefined) names.push(name);
    }
    return names;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#dir.close(), this.#folder[Symbol.asyncDispose]()]);
  }
}
