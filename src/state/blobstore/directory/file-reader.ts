import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type BlobReader, type ByteRange, clip, noObject } from '../blob-store.ts';
import { isAbsent } from './folder.ts';

/** No link is followed, and nothing waits for the other end of a pipe. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens an object's file, if there is one. The caller closes it. */
export async function findObject(path: string): Promise<FileHandle | undefined> {
  const handle = await open(path, FLAGS).catch((error: unknown) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (handle === undefined || (await handle.stat()).isFile()) return handle;
  await handle.close();
  return undefined;
}

/** As `findObject`; rejects if there is none. */
export async function openObject(path: string): Promise<FileHandle> {
  const handle = await findObject(path);
  if (handle === undefined) throw noObject();
  return handle;
}

/** A file that is open: replaced or deleted, it still has its bytes. */
export class FileReader implements BlobReader {
  readonly byteLength: number;
  readonly #handle: FileHandle;
  #offset: number;
  #left: number;

  static async open(path: string, range: ByteRange): Promise<FileReader> {
    const handle = await openObject(path);
    const { size } = await handle.stat();
    return new FileReader(handle, clip(range, size));
  }

  private constructor(handle: FileHandle, { offset, length }: ReturnType<typeof clip>) {
    this.#handle = handle;
    this.#offset = offset;
    this.#left = length;
    this.byteLength = length;
  }

  async read(maxBytes: number): Promise<Uint8Array | undefined> {
    if (this.#left === 0) return undefined;
    const buffer = new Uint8Array(Math.min(maxBytes, this.#left));
    const { bytesRead } = await this.#handle.read(buffer, 0, buffer.byteLength, this.#offset);
    if (bytesRead === 0) throw new Error('the file has become shorter');
    this.#offset += bytesRead;
    this.#left -= bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
