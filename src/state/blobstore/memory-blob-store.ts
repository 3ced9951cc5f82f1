import {
  type BlobReader,
  type BlobStore,
  type BlobWriter,
  type ByteRange,
  type ContainerInfo,
  BlobError,
  type NameList,
  type ObjectInfo,
  type ObjectPlace,
  clip,
  containerExists,
  noContainer,
  noObject,
} from './blob-store.ts';

interface StoredObject extends ObjectInfo {
  readonly pieces: readonly Uint8Array[];
}

interface StoredContainer extends ContainerInfo {
  readonly objects: Map<string, StoredObject>;
}

/** What an object or container takes beside its name and bytes. */
const ENTRY_BYTES = 300;
const PAGE_NAMES = 1000;

/** A store in this process's memory, of at most `maxBytes`. */
export class MemoryBlobStore implements BlobStore {
  readonly #maxBytes: number;
  readonly #containers = new Map<string, StoredContainer>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  async createContainer(name: string): Promise<void> {
    if (this.#containers.has(name)) throw containerExists();
    this.#take(sizeOf(name, 0));
    this.#containers.set(name, { createdAt: nowSeconds(), objects: new Map() });
  }

  async containerInfo(name: string): Promise<ContainerInfo | undefined> {
    const found = this.#containers.get(name);
    return found && { createdAt: found.createdAt };
  }

  async deleteContainer(name: string): Promise<void> {
    if (!this.#containers.has(name)) return;
    await this.clear(name);
    this.#containers.delete(name);
    this.#bytes -= sizeOf(name, 0);
  }

  async clear(container: string): Promise<void> {
    await this.delete(container, [...this.#objects(container).keys()]);
  }

  async list(container: string): Promise<NameList> {
    const names = [...this.#objects(container).keys()];
    return {
      next: async () => (names.length === 0 ? undefined : names.splice(0, PAGE_NAMES)),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  async read(place: ObjectPlace, range: ByteRange): Promise<BlobReader> {
    const found = this.#objects(place.container).get(place.name);
    if (found === undefined) throw noObject();
    return createReader(found, range);
  }

  async write(place: ObjectPlace): Promise<BlobWriter> {
    this.#objects(place.container);
    const pieces: Uint8Array[] = [];
    let byteLength = 0;
    return {
      get heldBytes() {
        return byteLength;
      },
      write: async (bytes) => {
        pieces.push(bytes);
        byteLength += bytes.byteLength;
      },
      finish: async () => this.#put(place, { pieces, byteLength, createdAt: nowSeconds() }),
      [Symbol.asyncDispose]: async () => undefined,
    };
  }

  async info({ container, name }: ObjectPlace): Promise<ObjectInfo | undefined> {
    const found = this.#objects(container).get(name);
    return found && { createdAt: found.createdAt, byteLength: found.byteLength };
  }

  async delete(container: string, names: readonly string[]): Promise<void> {
    const objects = this.#objects(container);
    for (const name of names) {
      const found = objects.get(name);
      if (found === undefined) continue;
      objects.delete(name);
      this.#bytes -= sizeOf(name, found.byteLength);
    }
  }

  async copy(from: ObjectPlace, to: ObjectPlace): Promise<void> {
    const found = this.#objects(from.container).get(from.name);
    if (found === undefined) throw noObject();
    this.#put(to, { ...found, createdAt: nowSeconds() });
  }

  async move(from: ObjectPlace, to: ObjectPlace): Promise<void> {
    if (from.container === to.container && from.name === to.name) return this.copy(from, to);
    await this.copy(from, to);
    await this.delete(from.container, [from.name]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#containers.clear();
    this.#bytes = 0;
  }

  #objects(container: string): Map<string, StoredObject> {
    const found = this.#containers.get(container);
    if (found === undefined) throw noContainer();
    return found.objects;
  }

  #put({ container, name }: ObjectPlace, object: StoredObject): void {
    const objects = this.#objects(container);
    const replaced = objects.get(name);
    const replacedBytes = replaced === undefined ? 0 : sizeOf(name, replaced.byteLength);
    this.#take(sizeOf(name, object.byteLength) - replacedBytes);
    objects.set(name, object);
  }

  #take(bytes: number): void {
    if (bytes > 0 && this.#bytes + bytes > this.#maxBytes) {
      throw new BlobError(`the store is full: it may have ${this.#maxBytes} bytes (--limit memory-store-bytes)`);
    }
    this.#bytes += bytes;
  }
}

function createReader({ pieces, byteLength }: StoredObject, range: ByteRange): BlobReader {
  const { offset, length } = clip(range, byteLength);
  let [skipped, left] = [offset, length];
  let index = 0;
  return {
    byteLength: length,
    read: async (maxBytes) => {
      for (let piece = pieces[index]; piece !== undefined && left > 0; piece = pieces[index]) {
        const bytes = piece.slice(skipped, skipped + Math.min(maxBytes, left));
        skipped += bytes.byteLength;
        left -= bytes.byteLength;
        if (bytes.byteLength > 0) return bytes;
        index += 1;
        skipped -= piece.byteLength;
      }
      return undefined;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function sizeOf(name: string, byteLength: number): number {
  return ENTRY_BYTES + 2 * name.length + byteLength;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
