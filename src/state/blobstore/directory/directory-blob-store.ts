import { randomUUID } from 'node:crypto';
import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { lstat, mkdir, readdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { HostError } from '../../../util/host-error.ts';
import { describeDenial } from '../../../util/permissions.ts';
import { toError } from '../../../util/to-error.ts';
import {
  type BlobReader,
  type BlobStore,
  type BlobWriter,
  type ByteRange,
  type ContainerInfo,
  type NameList,
  type ObjectInfo,
  type ObjectPlace,
  containerExists,
  noContainer,
} from '../blob-store.ts';
import { FileNames } from './file-names.ts';
import { FileReader, findObject, openObject } from './file-reader.ts';
import { FileWriter } from './file-writer.ts';
import { Folder, isAbsent, openContainer, pathOf, toBlobError } from './folder.ts';

/** Where files are until they are complete, and what is deleted: no name of a container. */
const PARTIAL = '.partial';
const COPY_BYTES = 256 * 1024;
/** What nobody has written to for so long belongs to a process that is gone. */
const ABANDONED_MS = 3_600_000;

/**
 * A directory, which other processes may use too: containers are folders, objects are files.
 *
 * A file is complete when it gets its name, by a rename: who reads it has the old bytes or the new ones, and a crash leaves the old ones. What has been
 * answered is on the disk.
 */
export class DirectoryBlobStore implements BlobStore {
  readonly #root: string;
  readonly #partial: string;
  #isSwept: Promise<void> | undefined;

  /** Throws `HostError` if the directory is not there, or cannot tell some names from others. */
  constructor(path: string) {
    this.#root = prepare(path);
    this.#partial = join(this.#root, PARTIAL);
    if (statSync(join(this.#root, PARTIAL.toUpperCase()), { throwIfNoEntry: false }) !== undefined) {
      throw new HostError(
        'not-supported',
        `--blobstore dir:${path}: its file system does not tell 'a' from 'A' in names`,
      );
    }
  }

  async createContainer(name: string): Promise<void> {
    try {
      await mkdir(pathOf(this.#root, name));
      await this.#syncRoot();
    } catch (error) {
      throw (error as { code?: string }).code === 'EEXIST' ? containerExists() : toBlobError(error);
    }
  }

  async containerInfo(name: string): Promise<ContainerInfo | undefined> {
    try {
      await using folder = await Folder.open(pathOf(this.#root, name));
      return { createdAt: await folder.createdAt() };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** Gone at once, by a rename; its files follow. */
  async deleteContainer(name: string): Promise<void> {
    const gone = this.#newPartial();
    try {
      await rename(pathOf(this.#root, name), gone);
    } catch (error) {
      if (isAbsent(error)) return;
      throw error;
    }
    await this.#syncRoot();
    await rm(gone, { recursive: true, force: true, maxRetries: 3 });
  }

  async clear(container: string, signal: AbortSignal): Promise<void> {
    await using names = await this.list(container);
    for (let page = await names.next(); page !== undefined; page = await names.next()) {
      signal.throwIfAborted();
      await this.delete(container, page);
    }
  }

  async list(container: string): Promise<NameList> {
    const folder = await openContainer(this.#root, container);
    return await FileNames.open(folder);
  }

  async read({ container, name }: ObjectPlace, range: ByteRange): Promise<BlobReader> {
    await using folder = await openContainer(this.#root, container);
    return await FileReader.open(pathOf(folder.path, name), range);
  }

  async write({ container, name }: ObjectPlace): Promise<BlobWriter> {
    await this.#sweep();
    pathOf('', name);
    const folder = await openContainer(this.#root, container);
    return await FileWriter.open({ partial: this.#newPartial(), folder, path: pathOf(folder.path, name) });
  }

  async info({ container, name }: ObjectPlace): Promise<ObjectInfo | undefined> {
    await using folder = await openContainer(this.#root, container);
    await using handle = await findObject(pathOf(folder.path, name));
    if (handle === undefined) return undefined;
    const { size, mtimeMs } = await handle.stat();
    return { byteLength: size, createdAt: Math.floor(mtimeMs / 1000) };
  }

  async delete(container: string, names: readonly string[]): Promise<void> {
    await using folder = await openContainer(this.#root, container);
    for (const name of names) {
      await unlink(pathOf(folder.path, name)).catch((error: unknown) => {
        if (!isAbsent(error)) throw error;
      });
    }
    await folder.sync();
  }

  async copy(from: ObjectPlace, to: ObjectPlace, signal: AbortSignal): Promise<void> {
    await using source = await openContainer(this.#root, from.container);
    await using handle = await openObject(pathOf(source.path, from.name));
    await using writer = await this.write(to);
    for await (const bytes of handle.createReadStream({ autoClose: false, highWaterMark: COPY_BYTES })) {
      signal.throwIfAborted();
      await writer.write(bytes as Uint8Array);
    }
    await writer.finish();
  }

  async move(from: ObjectPlace, to: ObjectPlace): Promise<void> {
    await using source = await openContainer(this.#root, from.container);
    await using target = await openContainer(this.#root, to.container);
    const path = pathOf(source.path, from.name);
    await (await openObject(path)).close();
    try {
      await rename(path, pathOf(target.path, to.name));
      await target.sync();
      await source.sync();
    } catch (error) {
      throw isAbsent(error) ? noContainer() : toBlobError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#isSwept;
  }

  #newPartial(): string {
    return join(this.#partial, randomUUID());
  }

  async #syncRoot(): Promise<void> {
    await using root = await Folder.open(this.#root);
    await root.sync();
  }

  /** Removes what processes have left that were killed, once. */
  #sweep(): Promise<void> {
    return (this.#isSwept ??= removeAbandoned(this.#partial));
  }
}

/** The directory's path without links, with a folder for what is partial. */
function prepare(path: string): string {
  try {
    const root = realpathSync(path);
    mkdirSync(join(root, PARTIAL), { recursive: true });
    return root;
  } catch (error) {
    const reason = describeDenial(error) ?? toError(error).message;
    throw new HostError('bad-config', `the directory ${path} cannot be used (--blobstore): ${reason}`, {
      cause: error,
    });
  }
}

/** Removes what processes have left in `folder` that were killed. Never rejects: what cannot be removed stays. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined || Date.now() - stats.mtimeMs < ABANDONED_MS) continue;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}
