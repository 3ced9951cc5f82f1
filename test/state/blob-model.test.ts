import { mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BlobError, type BlobStore, WHOLE } from '../../src/state/blobstore/blob-store.ts';
import { MAX_FILE_NAME, fromFileName, toFileName } from '../../src/state/blobstore/directory/file-name.ts';
import { type OpenBlobStores, openBlobStores } from '../../src/state/blobstore/open-blob-stores.ts';
import { fromObjectKey, toKeyPrefix, toObjectKey } from '../../src/state/blobstore/s3/to-object-key.ts';
import { DEFAULT_LIMITS } from '../../src/util/limits.ts';
import { S3_CREDENTIALS } from '../harness/s3.ts';
import { BLOB_KINDS, type BlobPlace, makeBlobPlace } from './blob-stores.ts';

const never = new AbortController().signal;

function open(spec: string, limits = DEFAULT_LIMITS): OpenBlobStores {
  return openBlobStores({ blobStores: { default: spec }, limits }, S3_CREDENTIALS);
}

function storeOf({ byName }: OpenBlobStores): BlobStore {
  return byName.get('default') as BlobStore;
}

async function put(store: BlobStore, container: string, [name, bytes]: readonly [string, Uint8Array]): Promise<void> {
  await using writer = await store.write({ container, name }, never);
  if (bytes.byteLength > 0) await writer.write(bytes);
  await writer.finish();
}

async function get(store: BlobStore, container: string, name: string): Promise<string | undefined> {
  try {
    await using reader = await store.read({ container, name }, WHOLE, never);
    const pieces: Uint8Array[] = [];
    for (let piece = await reader.read(7); piece !== undefined; piece = await reader.read(7)) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    expect(bytes.byteLength).toBe(reader.byteLength);
    return bytes.toString('hex');
  } catch (error) {
    expect(error).toMatchObject({ message: 'no such object' });
    return undefined;
  }
}

async function namesIn(store: BlobStore, container: string): Promise<string[]> {
  await using list = await store.list(container, never);
  const names: string[] = [];
  for (let page = await list.next(); page !== undefined; page = await list.next()) names.push(...page);
  return names.toSorted();
}

const NAMES = ['', 'a', 'A', '.', '..', 'a/b', 'a//b', '/', '\0', '%41', '%', 'é', 'e\u{301}', '\u{1f600}', '.partial'];
const name = fc.constantFrom(...NAMES);
const container = fc.constantFrom('one', '../two', '');
const place = fc.record({ container, name });
const operation = fc.oneof(
  fc.record({ at: fc.constant('create' as const), container }),
  fc.record({ at: fc.constant('remove' as const), container }),
  fc.record({ at: fc.constant('clear' as const), container }),
  fc.record({ at: fc.constant('put' as const), place, bytes: fc.uint8Array({ maxLength: 30 }) }),
  fc.record({ at: fc.constant('put' as const), place, bytes: fc.uint8Array({ maxLength: 30 }) }),
  fc.record({ at: fc.constant('delete' as const), place }),
  fc.record({ at: fc.constantFrom('copy' as const, 'move' as const), place, to: place }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;
type Model = Map<string, Map<string, string>>;

/** Of what a server of S3 says only that there is no such object. */
const COPY_FROM_NOWHERE: Operation[] = [
  { at: 'create', container: '../two' },
  { at: 'copy', place: { container: 'one', name: '' }, to: { container: '../two', name: '' } },
];

/** What becomes of the model; an error if that is what is expected. */
function apply(model: Model, one: Operation): string | undefined {
  if (one.at === 'create') {
    if (model.has(one.container)) return 'the container exists already';
    model.set(one.container, new Map());
    return undefined;
  }
  if (one.at === 'remove') return void model.delete(one.container);
  const objects = model.get(one.at === 'clear' ? one.container : one.place.container);
  if (objects === undefined) return 'no such container';
  if (one.at === 'clear') {
    objects.clear();
    return undefined;
  }
  const { name: key } = one.place;
  if (one.at === 'put') {
    objects.set(key, Buffer.from(one.bytes).toString('hex'));
    return undefined;
  }
  if (one.at === 'delete') return void objects.delete(key);
  const [value, target] = [objects.get(key), model.get(one.to.container)];
  if (value === undefined) return target === undefined ? 'either' : 'no such object';
  if (target === undefined) return 'no such container';
  if (one.at === 'move') objects.delete(key);
  target.set(one.to.name, value);
  return undefined;
}

async function perform(store: BlobStore, one: Operation): Promise<void> {
  if (one.at === 'create') return await store.createContainer(one.container, never);
  if (one.at === 'remove') return await store.deleteContainer(one.container, never);
  if (one.at === 'clear') return await store.clear(one.container, never);
  if (one.at === 'put') return await put(store, one.place.container, [one.place.name, one.bytes]);
  if (one.at === 'delete') return await store.delete(one.place.container, [one.place.name], never);
  return await (one.at === 'copy' ? store.copy(one.place, one.to, never) : store.move(one.place, one.to, never));
}

describe.each(BLOB_KINDS)('a store in %s', (kind) => {
  let where: BlobPlace;
  let stores: OpenBlobStores;

  beforeAll(async () => {
    where = await makeBlobPlace(kind);
    stores = open(where.spec);
  });

  afterAll(async () => {
    await stores[Symbol.asyncDispose]();
    await where[Symbol.asyncDispose]();
  });

  test('is a map of maps, whatever is done in whatever order', async () => {
    const store = storeOf(stores);
    const property = fc.asyncProperty(fc.array(operation, { maxLength: 14 }), async (operations) => {
      for (const each of ['one', '../two', '']) await store.deleteContainer(each, never);
      const model: Model = new Map();
      for (const one of operations) {
        // A bucket has no containers of its own: there is nothing to delete in one that is not there.
        const isMissed = kind === 's3' && one.at === 'delete' && !model.has(one.place.container);
        const expected = isMissed ? undefined : apply(model, one);
        const failure = await perform(store, one).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (expected === undefined) expect(failure).toBeUndefined();
        else expect(failure).toBeInstanceOf(BlobError);
        if (expected !== 'either' && failure !== undefined) expect(failure).toMatchObject({ message: expected });
      }
      for (const each of ['one', '../two', '']) {
        const objects = model.get(each);
        expect(await store.containerInfo(each, never)).toEqual(objects && { createdAt: expect.any(Number) });
        if (objects === undefined) continue;
        expect(await namesIn(store, each)).toEqual([...objects.keys()].toSorted());
        for (const [key, value] of objects) {
          expect(await get(store, each, key)).toBe(value);
          expect(await store.info({ container: each, name: key }, never)).toMatchObject({
            byteLength: value.length / 2,
          });
        }
      }
    });
    await fc.assert(property, {
      numRuns: { memory: 300, directory: 60, s3: 12 }[kind],
      examples: [[COPY_FROM_NOWHERE]],
    });
  }, 120_000);

  test('has all of many objects in its list, each once', async () => {
    const store = storeOf(stores);
    await store.deleteContainer('many', never);
    await store.createContainer('many', never);
    const names = Array.from({ length: 1010 }, (_, index) => `many/${String(index).padStart(5, '0')}`);
    for (let at = 0; at < names.length; at += 100) {
      const some = names.slice(at, at + 100);
      await Promise.all(some.map((each) => put(store, 'many', [each, new Uint8Array(1)])));
    }
    expect(await namesIn(store, 'many')).toEqual(names);
    await store.clear('many', never);
    expect(await namesIn(store, 'many')).toEqual([]);
  }, 60_000);
});

test('every name has a file of its own, which no other name has, in characters that are the same everywhere', () => {
  const any = fc.oneof(fc.string({ unit: 'binary' }), name, fc.stringMatching(/^[%.\w/]*$/));
  fc.assert(
    fc.property(any, any, (one, other) => {
      const file = toFileName(one.toWellFormed());
      expect(file).toMatch(/^[\w@+=,~%-][\w@+=,~.%-]*$/);
      expect(fromFileName(file)).toBe(one.toWellFormed());
      expect(toFileName(other.toWellFormed()) === file).toBe(one.toWellFormed() === other.toWellFormed());
    }),
    { numRuns: 2000 },
  );
});

test('every name has a key of its own, which no URL changes', () => {
  const any = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), name, fc.stringMatching(/^[%.a/]{0,20}$/));
  fc.assert(
    fc.property(any, any, (given, other) => {
      const one = { container: other.toWellFormed(), name: given.toWellFormed() };
      const prefix = toKeyPrefix('p/', one.container);
      const key = toObjectKey('p/', one);
      expect(key.startsWith(prefix)).toBe(true);
      expect(fromObjectKey(prefix, key)).toBe(one.name);
      const path = `/bucket/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
      expect(new URL(path, 'http://s3').pathname).toBe(path.replaceAll("'", '%27').replaceAll('%27', "'"));
      expect(prefix.slice(2, -1)).not.toContain('/');
    }),
    { numRuns: 2000 },
  );
});

describe('a directory', () => {
  test('lists no file that no object has, follows no link, and is no way to one', async () => {
    await using where = await makeBlobPlace('directory');
    const path = where.spec.slice('dir:'.length);
    await using stores = open(where.spec);
    const store = storeOf(stores);
    await store.createContainer('c', never);
    for (const file of ['plain.txt', 'two words', '%2e%2e', '%41', '.hidden', 'é']) {
      await writeFile(join(path, 'c', file), file);
    }
    await mkdir(join(path, 'c', 'folder'));
    await symlink('/etc/passwd', join(path, 'c', 'link'));
    await symlink('/etc', join(path, 'linked'));
    expect(await namesIn(store, 'c')).toEqual(['plain.txt']);
    expect(await get(store, 'c', 'link')).toBeUndefined();
    expect(await get(store, 'c', 'folder')).toBeUndefined();
    expect(await store.containerInfo('linked', never)).toBeUndefined();
    await expect(get(store, 'linked', 'passwd')).rejects.toThrow();
    await put(store, 'c', ['link', Buffer.from('own')]);
    expect(await get(store, 'c', 'link')).toBe(Buffer.from('own').toString('hex'));
    await expect(store.copy({ container: 'c', name: 'folder' }, { container: 'c', name: 'x' }, never)).rejects.toThrow(
      'no such object',
    );
  });

  test('a name that is too long for a file is an error that says so', async () => {
    await using where = await makeBlobPlace('directory');
    await using stores = open(where.spec);
    const store = storeOf(stores);
    await store.createContainer('c', never);
    await put(store, 'c', ['n'.repeat(MAX_FILE_NAME), Buffer.from('x')]);
    await expect(put(store, 'c', ['n'.repeat(MAX_FILE_NAME + 1), Buffer.from('x')])).rejects.toThrow(
      `has ${MAX_FILE_NAME + 1} bytes as a file's, and may have ${MAX_FILE_NAME}`,
    );
  });

  test('what killed processes have left is removed, and what others write now is not', async () => {
    await using where = await makeBlobPlace('directory');
    const partial = join(where.spec.slice('dir:'.length), '.partial');
    await using stores = open(where.spec);
    await writeFile(join(partial, 'old'), 'x');
    await utimes(join(partial, 'old'), 1000, 1000);
    await writeFile(join(partial, 'new'), 'x');
    const store = storeOf(stores);
    await store.createContainer('c', never);
    await put(store, 'c', ['a', Buffer.from('x')]);
    expect(await readdir(partial)).toEqual(['new']);
  });

  test.each([
    ['dir:/no/such/folder', /the directory \/no\/such\/folder cannot be used \(--blobstore\): ENOENT/],
    [`dir:${import.meta.filename}`, /cannot be used \(--blobstore\): /],
  ])('%s is refused from the start', (spec, message) => {
    expect(() => open(spec)).toThrow(message);
  });
});

test('a store in memory that is full says so, keeps what it has, and has room again after a delete', async () => {
  await using stores = open('memory', { ...DEFAULT_LIMITS, maxMemoryStoreBytes: 10_000 });
  const store = storeOf(stores);
  await store.createContainer('c', never);
  await put(store, 'c', ['a', new Uint8Array(5000)]);
  await expect(put(store, 'c', ['b', new Uint8Array(5000)])).rejects.toThrow(/full.*--limit memory-store-bytes/);
  expect(await namesIn(store, 'c')).toEqual(['a']);
  await store.delete('c', ['a'], never);
  await put(store, 'c', ['b', new Uint8Array(5000)]);
  expect(await namesIn(store, 'c')).toEqual(['b']);
});

test('a bucket without credentials is refused from the start', () => {
  const config = { blobStores: { default: 's3://bucket' }, limits: DEFAULT_LIMITS };
  expect(() => openBlobStores(config, {})).toThrow('set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY');
});
