import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Artifacts,
  type CacheKey,
  NO_CACHE,
  createCache,
  defaultCacheFolder,
} from '../../src/component/cache/cache.ts';

const KEY: CacheKey = { component: 'abc', options: '{}' };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function artifacts(text = 'glue'): Artifacts {
  return new Map([
    ['component.js', Buffer.from(text)],
    ['empty.wasm', Buffer.alloc(0)],
    ['core.wasm', Buffer.from([0, 1, 2, 10, 255])],
  ]);
}

/** A maker that counts how often it was asked. */
function createMaker(text?: string): { make: () => Promise<Artifacts>; asked: () => number } {
  let count = 0;
  return {
    make: async () => {
      count += 1;
      return await Promise.resolve(artifacts(text));
    },
    asked: () => count,
  };
}

function plain(files: Artifacts): Record<string, string> {
  return Object.fromEntries(Array.from(files, ([name, bytes]) => [name, Buffer.from(bytes).toString('latin1')]));
}

async function entryPath(): Promise<string> {
  const [name = ''] = await readdir(folder);
  return join(folder, name);
}

test('artifacts are kept, also for another cache of the folder', async () => {
  const { make, asked } = createMaker();
  await createCache(folder).getOrMake(KEY, make);
  const kept = await createCache(folder).getOrMake(KEY, make);
  expect(asked()).toBe(1);
  expect(plain(kept)).toEqual(plain(artifacts()));
});

test.each([{ component: 'abd', options: '{}' }, { component: 'abc', options: '{"a":1}' }, { component: 'abc' }])(
  'the key %j is another',
  async (key) => {
    const { make, asked } = createMaker();
    await createCache(folder).getOrMake(KEY, make);
    await createCache(folder).getOrMake(key, make);
    expect(asked()).toBe(2);
  },
);

test('the folder is for its user alone', async () => {
  const own = join(folder, 'a/b');
  await createCache(own).getOrMake(KEY, createMaker().make);
  expect((await stat(own)).mode & 0o777).toBe(0o700);
  const [name = ''] = await readdir(own);
  expect((await stat(join(own, name))).mode & 0o777).toBe(0o600);
});

describe('a damaged entry is made anew', () => {
  test('whichever byte of it is wrong', async () => {
    await createCache(folder).getOrMake(KEY, createMaker().make);
    const path = await entryPath();
    const whole = await readFile(path);
    const wrong: number[] = [];
    for (let index = 0; index < whole.byteLength; index += 1) {
      const damaged = Buffer.from(whole);
      damaged[index] = (damaged[index] as number) ^ 0x01;
      await writeFile(path, damaged);
      const files = await createCache(folder).getOrMake(KEY, createMaker().make);
      if (JSON.stringify(plain(files)) !== JSON.stringify(plain(artifacts()))) wrong.push(index);
    }
    expect(wrong).toEqual([]);
  });

  test('wherever it is cut off', async () => {
    await createCache(folder).getOrMake(KEY, createMaker().make);
    const path = await entryPath();
    const whole = await readFile(path);
    for (let byteLength = 0; byteLength < whole.byteLength; byteLength += 1) {
      await writeFile(path, whole.subarray(0, byteLength));
      const { make, asked } = createMaker();
      await createCache(folder).getOrMake(KEY, make);
      expect(asked(), `cut after ${byteLength} bytes`).toBe(1);
    }
  });

  test.each([
    ['nothing', ''],
    ['an empty line', '\n'],
    ['null', 'null\n'],
    ['a list', '[]\n'],
    ['no JSON', 'hello\nworld'],
    ['files that are none', `{"key":${JSON.stringify(KEY)},"digest":"x","files":[null]}\n`],
  ])('where it holds %s', async (_what, text) => {
    await createCache(folder).getOrMake(KEY, createMaker().make);
    await writeFile(await entryPath(), text);
    const { make, asked } = createMaker();
    expect(plain(await createCache(folder).getOrMake(KEY, make))).toEqual(plain(artifacts()));
    expect(asked()).toBe(1);
  });

  test('and then kept', async () => {
    await createCache(folder).getOrMake(KEY, createMaker().make);
    await writeFile(await entryPath(), 'damaged');
    const { make, asked } = createMaker();
    await createCache(folder).getOrMake(KEY, make);
    await createCache(folder).getOrMake(KEY, make);
    expect(asked()).toBe(1);
  });
});

test("another key's entry under this key's name is not taken", async () => {
  await createCache(folder).getOrMake({ component: 'foreign' }, createMaker('foreign').make);
  const foreign = await readFile(await entryPath());
  await rm(await entryPath());
  await createCache(folder).getOrMake(KEY, createMaker().make);
  await writeFile(await entryPath(), foreign);
  const kept = await createCache(folder).getOrMake(KEY, createMaker('mine').make);
  expect(plain(kept)['component.js']).toBe('mine');
});

describe('a folder that cannot be used is done without', () => {
  test('that is below a file', async () => {
    await writeFile(join(folder, 'file'), '');
    const { make, asked } = createMaker();
    const cache = createCache(join(folder, 'file/sub'));
    await cache.getOrMake(KEY, make);
    expect(plain(await cache.getOrMake(KEY, make))).toEqual(plain(artifacts()));
    expect(asked()).toBe(2);
  });

  test.each([0o777, 0o770, 0o702])('that others may write to: mode %o', async (mode) => {
    const shared = join(folder, 'shared');
    await mkdir(shared);
    await chmod(shared, mode);
    const { make, asked } = createMaker();
    await createCache(shared).getOrMake(KEY, make);
    await createCache(shared).getOrMake(KEY, make);
    expect(asked()).toBe(2);
    expect(await readdir(shared)).toEqual([]);
  });
});

test('concurrent makers each get their own, and leave one entry', async () => {
  const cache = createCache(folder);
  const makers = Array.from({ length: 16 }, (_, index) => createMaker(`glue ${index}`));
  const made = await Promise.all(makers.map(({ make }) => cache.getOrMake(KEY, make)));
  for (const files of made) expect(plain(files)['component.js']).toMatch(/^glue \d+$/);
  expect(await readdir(folder)).toHaveLength(1);
  const { make, asked } = createMaker();
  await cache.getOrMake(KEY, make);
  expect(asked()).toBe(0);
});

test('concurrent processes all get whole artifacts', async () => {
  const module = new URL('../../src/component/cache/cache.ts', import.meta.url).href;
  const script = `
    import { createCache } from ${JSON.stringify(module)};
    const bytes = new Uint8Array(4 * 1024 * 1024).fill(7);
    for (let round = 0; round < 5; round += 1) {
      const files = await createCache(${JSON.stringify(folder)}).getOrMake({ round: String(round) }, async () => new Map([['a.wasm', bytes]]));
      const kept = files.get('a.wasm');
      if (kept.byteLength !== bytes.byteLength || kept.some((byte) => byte !== 7)) throw new Error('not whole');
    }
  `;
  const run = (): Promise<unknown> => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  await Promise.all(Array.from({ length: 4 }, run));
  expect(await readdir(folder)).toHaveLength(5);
});

test('a maker that fails fails the call and keeps nothing', async () => {
  const failing = createCache(folder).getOrMake(KEY, () => Promise.reject(new Error('no glue')));
  await expect(failing).rejects.toThrow('no glue');
  expect(await readdir(folder)).toEqual([]);
});

test('without a cache each is made', async () => {
  const { make, asked } = createMaker();
  await NO_CACHE.getOrMake(KEY, make);
  await NO_CACHE.getOrMake(KEY, make);
  expect(asked()).toBe(2);
});

const KIB = 1024;
/** The files of a folder. */
const bounds = { maxBytes: 100 * KIB, maxAgeMs: 60_000 };
/** A little more than 30 KiB. */
const large = new Map([['core.wasm', Buffer.alloc(30 * KIB)]]);
const keyOf = (name: string): CacheKey => ({ component: name });

async function keptOf(names: readonly string[]): Promise<string[]> {
  const cache = createCache(folder);
  const found = await Promise.all(names.map(async (name) => ((await cache.get(keyOf(name))) ? [name] : [])));
  return found.flat();
}

/** Makes an entry, or any file, as old as that. */
async function age(path: string, ms: number): Promise<void> {
  const then = new Date(Date.now() - ms);
  await utimes(path, then, then);
}

async function sizeOf(): Promise<number> {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

describe('a folder that is bounded', () => {
  test('holds those that were used last', async () => {
    const cache = createCache(folder, bounds);
    for (const name of ['a', 'b', 'c']) await cache.put(keyOf(name), large);
    for (const name of await readdir(folder)) await age(join(folder, name), 10_000);
    expect(await cache.get(keyOf('a'))).toBeDefined();
    await cache.put(keyOf('d'), large);
    await cache.put(keyOf('e'), large);
    expect(await keptOf(['a', 'b', 'c', 'd', 'e'])).toEqual(['a', 'd', 'e']);
    expect(await sizeOf()).toBeLessThanOrEqual(bounds.maxBytes);
  });

  test('does not keep entries unused for long, nor files left by a killed process', async () => {
    const cache = createCache(folder, bounds);
    await cache.put(keyOf('old'), large);
    const [entry = ''] = await readdir(folder);
    await writeFile(join(folder, `${entry}.${randomUUID()}`), 'half');
    for (const name of await readdir(folder)) await age(join(folder, name), bounds.maxAgeMs + 1000);
    await cache.put(keyOf('new'), large);
    expect(await readdir(folder)).toHaveLength(1);
    expect(await keptOf(['old', 'new'])).toEqual(['new']);
  });

  test('never loses files of others', async () => {
    await writeFile(join(folder, 'thesis.bin'), Buffer.alloc(200 * KIB));
    await age(join(folder, 'thesis.bin'), 10 * bounds.maxAgeMs);
    const cache = createCache(folder, bounds);
    for (const name of ['a', 'b', 'c', 'd']) await cache.put(keyOf(name), large);
    expect(await readdir(folder)).toContain('thesis.bin');
    expect(await keptOf(['b', 'c', 'd'])).toEqual(['b', 'c', 'd']);
  });

  test('does not hold an entry that is larger', async () => {
    const cache = createCache(folder, { ...bounds, maxBytes: 20 * KIB });
    await cache.put(keyOf('a'), large);
    expect(await readdir(folder)).toEqual([]);
  });

  test('is bounded even if several processes use it, and none of them is harmed', async () => {
    const program = `
      import { createCache } from '${new URL('../../src/component/cache/cache.ts', import.meta.url).href}';
      const cache = createCache(process.argv[1], ${JSON.stringify(bounds)});
      for (let round = 0; round < 60; round += 1) {
        const name = 'entry ' + (round * 7 + process.pid) % 12;
        const text = name.repeat(4000);
        const kept = await cache.getOrMake({ component: name }, async () => new Map([['a', Buffer.from(text)]]));
        if (Buffer.from(kept.get('a')).toString() !== text) throw new Error('another entry');
      }`;
    const run = promisify(execFile);
    await Promise.all(
      Array.from({ length: 4 }, () => run(process.execPath, ['--input-type=module', '-e', program, folder])),
    );
    expect(await sizeOf()).toBeLessThanOrEqual(bounds.maxBytes);
    expect((await readdir(folder)).length).toBeGreaterThan(0);
  });
});

test.each([
  [{ XDG_CACHE_HOME: '/x/cache' }, /^\/x\/cache\/wasi-serve$/],
  [{}, /^\/.*\/\.cache\/wasi-serve$/],
  [{ XDG_CACHE_HOME: '' }, /^\/.*\/\.cache\/wasi-serve$/],
  [{ XDG_CACHE_HOME: 'relative/cache' }, /^\/.*\/\.cache\/wasi-serve$/],
])('the folder for %j', (env, path) => {
  expect(defaultCacheFolder(env)).toMatch(path);
});
