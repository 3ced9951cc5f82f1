import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { CACHE_BOUNDS, type CacheBounds, pruneCache } from './prune-cache.ts';

/** Files generated from a component, by name. */
export type Artifacts = ReadonlyMap<string, Uint8Array>;

/** Keeps artifacts from one start to the next. */
export interface ArtifactCache {
  /** The artifacts kept under `key`; `undefined` if there are none, or they are damaged. */
  get(key: CacheKey): Promise<Artifacts | undefined>;
  /** Keeps artifacts, if possible. Never rejects. */
  put(key: CacheKey, artifacts: Artifacts): Promise<void>;
  /** The artifacts kept under `key`; otherwise, or if they are damaged, those that `make` returns, which are then kept. */
  getOrMake(key: CacheKey, make: () => Promise<Artifacts>): Promise<Artifacts>;
}

/** Everything that an entry depends on. Each part is checked when the entry is read. */
export type CacheKey = Readonly<Record<string, string>>;

/** Smaller components are checked and rewritten sooner than entries are found. */
export const MIN_KEPT_BYTES = 8 * 1024;
/** How long after a start its results are kept: late enough not to delay the first requests. A process that ends earlier keeps nothing. */
export const KEEP_AFTER_MS = 1000;

interface Header {
  readonly key: CacheKey;
  readonly files: readonly KeptFile[];
  /** SHA-256 of the files' names and lengths, and of everything after the header line. */
  readonly digest: string;
}

interface KeptFile {
  readonly name: string;
  readonly byteLength: number;
}

/**
 * This user's cache folder: `$XDG_CACHE_HOME/wasi-serve`, or else `~/.cache/wasi-serve`. An empty or relative path is ignored.
 *
 * Source: XDG Base Directory Specification, "Basics".
 */
export function defaultCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_CACHE_HOME'] ?? '';
  return join(isAbsolute(base) ? base : join(homedir(), '.cache'), 'wasi-serve');
}

/** Keeps nothing. */
export const NO_CACHE: ArtifactCache = Object.freeze({
  get: () => Promise.resolve(undefined),
  put: () => Promise.resolve(),
  getOrMake: (_key: CacheKey, make: () => Promise<Artifacts>) => make(),
});

/**
 * Keeps artifacts in `folder`, one file per entry: a line of JSON (`Header`), then the files' bytes end to end.
 *
 * An entry is written to a temporary file and renamed, so another process sees all of it or nothing. Entries are code, so a folder that others can write
 * to is not used. A full or read-only disk does not make a start fail.
 *
 * Putting an entry removes the least recently used ones if the folder exceeds `bounds`. An entry that is larger than the bounds is not kept.
 */
export function createCache(folder: string, bounds: CacheBounds = CACHE_BOUNDS): ArtifactCache {
  const pathOf = (key: CacheKey): string => join(folder, `${digestOf(JSON.stringify(key))}.bin`);
  const get = async (key: CacheKey): Promise<Artifacts | undefined> => {
    if (!claimFolder(folder)) return undefined;
    const artifacts = decodeEntry(await readFile(pathOf(key)).catch(() => undefined), key);
    if (artifacts !== undefined) await touch(pathOf(key));
    return artifacts;
  };
  const put = async (key: CacheKey, artifacts: Artifacts): Promise<void> => {
    const entry = encodeEntry(key, artifacts);
    if (entry.byteLength > bounds.maxBytes || !claimFolder(folder)) return;
    await writeEntry(pathOf(key), entry).catch(() => undefined);
    await pruneCache({ path: folder, names: ENTRY_NAME, depth: 'flat' }, bounds);
  };
  return {
    get,
    put,
    async getOrMake(key, make) {
      const kept = await get(key);
      if (kept !== undefined) return kept;
      const artifacts = await make();
      await put(key, artifacts);
      return artifacts;
    },
  };
}

/** The names of entries and of temporary files. A folder that the user chose may contain other files. */
const ENTRY_NAME = /^[0-9a-f]{64}\.bin(?:\.[0-9a-f-]{36})?$/;

/** Marks the entry as used now. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}

/** Creates the folder, accessible only to this user. Returns whether it is. */
export function claimFolder(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    const othersMayWrite = (mode & 0o022) !== 0;
    return process.platform === 'win32' || (uid === process.getuid?.() && !othersMayWrite);
  } catch {
    return false;
  }
}

async function writeEntry(path: string, bytes: Uint8Array): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await writeFile(aside, bytes, { mode: 0o600 });
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

function encodeEntry(key: CacheKey, artifacts: Artifacts): Uint8Array {
  const payload = Buffer.concat([...artifacts.values()]);
  const files = Array.from(artifacts, ([name, bytes]) => ({ name, byteLength: bytes.byteLength }));
  const header: Header = { key, files, digest: digestOf(JSON.stringify(files), payload) };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), payload]);
}

/** The artifacts of an entry; `undefined` if it is incomplete, damaged or has another key. */
function decodeEntry(entry: Buffer | undefined, key: CacheKey): Artifacts | undefined {
  const headerEnd = entry?.indexOf(0x0a) ?? -1;
  if (entry === undefined || headerEnd === -1) return undefined;
  const header = parseHeader(entry.toString('utf8', 0, headerEnd));
  const payload = entry.subarray(headerEnd + 1);
  if (header === undefined || JSON.stringify(header.key) !== JSON.stringify(key)) return undefined;
  if (header.digest !== digestOf(JSON.stringify(header.files), payload)) return undefined;
  const artifacts = new Map<string, Uint8Array>();
  let offset = 0;
  for (const { name, byteLength } of header.files) {
    artifacts.set(name, payload.subarray(offset, (offset += byteLength)));
  }
  return offset === payload.byteLength ? artifacts : undefined;
}

function parseHeader(text: string): Header | undefined {
  try {
    const header = JSON.parse(text) as Partial<Header> | null;
    return header?.key && header.digest && Array.isArray(header.files) ? (header as Header) : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
