import { createHash } from 'node:crypto';
import type { S3Place } from '../../../config/kinds/blob-stores.ts';
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
  noObject,
} from '../blob-store.ts';
import { S3Connection, type S3Credentials, S3Refusal } from './s3-connection.ts';
import { fromObjectKey, toKeyPrefix, toMarkerKey, toObjectKey } from './to-object-key.ts';
import { S3Reader } from './s3-reader.ts';
import { S3Writer } from './s3-writer.ts';
import { type S3Page, formatDelete, parseListing, toSeconds } from './s3-page.ts';

/** Of one request. Source: Amazon S3, `DeleteObjects` and `ListObjectsV2`. */
const PAGE_KEYS = 1000;

/**
 * A bucket of S3, or of another server with its API, which other processes may use too: the objects of a container have keys that begin with its name and a
 * slash.
 */
export class S3BlobStore implements BlobStore {
  readonly #connection: S3Connection;
  readonly #prefix: string;

  constructor(place: S3Place, credentials: S3Credentials) {
    this.#connection = new S3Connection(place, credentials);
    this.#prefix = place.prefix;
  }

  async createContainer(name: string, signal: AbortSignal): Promise<void> {
    if ((await this.containerInfo(name, signal)) !== undefined) throw containerExists();
    const key = toMarkerKey(this.#prefix, name);
    await this.#connection
      .text({ method: 'PUT', key, headers: { 'if-none-match': '*' }, signal })
      .catch((error: unknown) => {
        throw error instanceof S3Refusal && error.status === 412 ? containerExists() : error;
      });
  }

  /** A container that others have made need not have a marker. */
  async containerInfo(name: string, signal: AbortSignal): Promise<ContainerInfo | undefined> {
    const marker = await this.#head(toMarkerKey(this.#prefix, name), signal);
    if (marker !== undefined) return { createdAt: marker.createdAt };
    const page = await this.#listPage(toKeyPrefix(this.#prefix, name), { 'max-keys': '1' }, signal);
    return page.keys.length === 0 ? undefined : { createdAt: page.firstModified };
  }

  async deleteContainer(name: string, signal: AbortSignal): Promise<void> {
    await this.#deleteAll(name, () => true, signal);
  }

  async clear(container: string, signal: AbortSignal): Promise<void> {
    await this.#assertContainer(container, signal);
    const marker = toMarkerKey(this.#prefix, container);
    await this.#deleteAll(container, (key) => key !== marker, signal);
  }

  async list(container: string, signal: AbortSignal): Promise<NameList> {
    await this.#assertContainer(container, signal);
    const keyPrefix = toKeyPrefix(this.#prefix, container);
    const end = new AbortController();
    const pages = this.#pages(keyPrefix, end.signal);
    return {
      next: async () => {
        const { value } = await pages.next();
        return value?.keys.map((key) => fromObjectKey(keyPrefix, key)).filter((name) => name !== undefined);
      },
      [Symbol.asyncDispose]: async () => end.abort(),
    };
  }

  async read(place: ObjectPlace, range: ByteRange, signal: AbortSignal): Promise<BlobReader> {
    const reader = await S3Reader.open(this.#connection, toObjectKey(this.#prefix, place), range, signal);
    if (reader !== undefined) return reader;
    await this.#assertContainer(place.container, signal);
    throw noObject();
  }

  async write(place: ObjectPlace, signal: AbortSignal): Promise<BlobWriter> {
    const key = toObjectKey(this.#prefix, place);
    await this.#assertContainer(place.container, signal);
    return new S3Writer(this.#connection, key);
  }

  async info(place: ObjectPlace, signal: AbortSignal): Promise<ObjectInfo | undefined> {
    return await this.#head(toObjectKey(this.#prefix, place), signal);
  }

  async delete(container: string, names: readonly string[], signal: AbortSignal): Promise<void> {
    const keys = names.map((name) => toObjectKey(this.#prefix, { container, name }));
    await this.#deleteKeys(keys, signal);
  }

  async copy(from: ObjectPlace, to: ObjectPlace, signal: AbortSignal): Promise<void> {
    const [source, key] = [toObjectKey(this.#prefix, from), toObjectKey(this.#prefix, to)];
    await this.#assertContainer(to.container, signal);
    if (source === key) {
      if ((await this.#head(key, signal)) === undefined) throw noObject();
      return;
    }
    const headers = { 'x-amz-copy-source': this.#connection.toCopySource(source) };
    try {
      await this.#connection.text({ method: 'PUT', key, headers, signal });
    } catch (error) {
      if (!(error instanceof S3Refusal) || error.status !== 404) throw error;
      await this.#assertContainer(from.container, signal);
      throw noObject();
    }
  }

  /** The server cannot move: a copy, and when that is done, a deletion. */
  async move(from: ObjectPlace, to: ObjectPlace, signal: AbortSignal): Promise<void> {
    await this.copy(from, to, signal);
    if (from.container !== to.container || from.name !== to.name)
      await this.delete(from.container, [from.name], signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection[Symbol.dispose]();
  }

  async #head(key: string, signal: AbortSignal): Promise<ObjectInfo | undefined> {
    try {
      const { headers } = await this.#connection.text({ method: 'HEAD', key, signal });
      return { byteLength: Number(headers['content-length'] ?? 0), createdAt: toSeconds(headers['last-modified']) };
    } catch (error) {
      if (error instanceof S3Refusal && error.status === 404) return undefined;
      throw error;
    }
  }

  async #assertContainer(name: string, signal: AbortSignal): Promise<void> {
    if ((await this.containerInfo(name, signal)) === undefined) throw noContainer();
  }

  async *#pages(keyPrefix: string, signal: AbortSignal): AsyncGenerator<S3Page, undefined> {
    for (let token: string | undefined; ;) {
      const from = token === undefined ? {} : { 'continuation-token': token };
      const page = await this.#listPage(keyPrefix, { 'max-keys': String(PAGE_KEYS), ...from }, signal);
      yield page;
      token = page.next;
      if (token === undefined) return undefined;
    }
  }

  async #listPage(keyPrefix: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<S3Page> {
    const asked = { 'list-type': '2', 'encoding-type': 'url', prefix: keyPrefix, ...query };
    const { text } = await this.#connection.text({ method: 'GET', query: asked, signal });
    return parseListing(text);
  }

  async #deleteAll(container: string, isMeant: (key: string) => boolean, signal: AbortSignal): Promise<void> {
    for await (const { keys } of this.#pages(toKeyPrefix(this.#prefix, container), signal)) {
      await this.#deleteKeys(keys.filter(isMeant), signal);
    }
  }

  async #deleteKeys(keys: readonly string[], signal: AbortSignal): Promise<void> {
    for (let at = 0; at < keys.length; at += PAGE_KEYS) {
      const body = Buffer.from(formatDelete(keys.slice(at, at + PAGE_KEYS)));
      const md5 = createHash('md5').update(body).digest('base64');
      const headers = { 'content-md5': md5, 'content-type': 'application/xml' };
      await this.#connection.text({ method: 'POST', query: { delete: '' }, headers, body: [body], signal });
    }
  }
}
