import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { BlobError, noContainer, storeIsFull } from '../blob-store.ts';
import { MAX_FILE_NAME, toFileName } from './file-name.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** A directory that is open: what is done below `path` is done in it, whatever has its name by now. */
export class Folder implements AsyncDisposable {
  readonly path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.#handle = handle;
    // Elsewhere the name has to do. Source: proc(5), `/proc/[pid]/fd/`.
    this.path = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : path;
  }

  /** Rejects with the system's error: `ENOENT`, or `ENOTDIR` for all that is not a directory, links too. */
  static async open(path: string): Promise<Folder> {
    return new Folder(path, await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  }

  /** When a file was made or removed in it, that stays after a loss of power once this has resolved. */
  async sync(): Promise<void> {
    await this.#handle.sync();
  }

  async createdAt(): Promise<number> {
    const { birthtimeMs, mtimeMs } = await this.#handle.stat();
    return Math.floor((birthtimeMs > 0 ? birthtimeMs : mtimeMs) / 1000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** The path of what has a name, below a folder. Throws `BlobError` if the name is too long. */
export function pathOf(folder: string, name: string): string {
  const file = toFileName(name);
  if (file.length <= MAX_FILE_NAME) return `${folder}/${file}`;
  throw new BlobError(`the name has ${file.length} bytes as a file's, and may have ${MAX_FILE_NAME}`);
}

/** What a guest may know of an error of the system; any other stays what it is. */
export function toBlobError(error: unknown): unknown {
  const { code } = error as { readonly code?: string };
  return code === 'ENOSPC' || code === 'EDQUOT' ? storeIsFull(error) : error;
}

export function isAbsent(error: unknown): boolean {
  const { code } = error as { readonly code?: string };
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP';
}

/** Opens a container's folder; rejects if there is none. */
export async function openContainer(root: string, name: string): Promise<Folder> {
  try {
    return await Folder.open(pathOf(root, name));
  } catch (error) {
    throw isAbsent(error) ? noContainer() : error;
  }
}
