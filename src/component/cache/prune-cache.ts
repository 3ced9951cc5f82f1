import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The bounds of a cache folder. */
export interface CacheBounds {
  readonly maxBytes: number;
  /** A file that has not been used for longer is removed. */
  readonly maxAgeMs: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** A component of 14 MB takes 10 MB. */
export const CACHE_BOUNDS: CacheBounds = Object.freeze({ maxBytes: 512 * 1024 * 1024, maxAgeMs: 30 * DAY_MS });

/** Files that count towards the bounds, and may be removed. */
export interface CacheFolder {
  readonly path: string;
  /** Matches their names; all other files are left alone. */
  readonly names: RegExp;
  /** Whether they are only in the folder itself, or also in its subfolders. */
  readonly depth: 'flat' | 'tree';
}

interface CacheFile {
  readonly path: string;
  readonly byteLength: number;
  /** On the clock of `Date.now()`. On a file system without access times, it is the time of the last write. */
  readonly usedMs: number;
}

/**
 * Removes files that are too old, and then the least recently used ones until the rest is within the bounds.
 *
 * Several processes may do this concurrently: a file that another has removed is not a failure. Never rejects.
 */
export async function pruneCache(folder: CacheFolder, { maxBytes, maxAgeMs }: CacheBounds): Promise<void> {
  const files = await listFiles(folder);
  const nowMs = Date.now();
  let [byteLength, left] = [files.reduce((sum, file) => sum + file.byteLength, 0), files.length];
  for (const file of files.sort((one, other) => one.usedMs - other.usedMs)) {
    const isTooOld = nowMs - file.usedMs > maxAgeMs;
    // The most recently used file has just been put.
    const isTooMuch = byteLength > maxBytes && left > 1;
    if (!isTooOld && !isTooMuch) return;
    await rm(file.path, { force: true }).catch(() => undefined);
    byteLength -= file.byteLength;
    left -= 1;
  }
}

async function listFiles({ path, names, depth }: CacheFolder): Promise<CacheFile[]> {
  const entries = await readdir(path, { recursive: depth === 'tree', withFileTypes: true }).catch(() => []);
  const found = entries
    .filter((entry) => entry.isFile() && names.test(entry.name))
    .map(async ({ parentPath, name }) => await toCacheFile(join(parentPath, name)));
  return (await Promise.all(found)).filter((file) => file !== undefined);
}

async function toCacheFile(path: string): Promise<CacheFile | undefined> {
  try {
    const { size, atimeMs, mtimeMs } = await stat(path);
    return { path, byteLength: size, usedMs: Math.max(atimeMs, mtimeMs) };
  } catch {
    // Another process has already removed it.
    return undefined;
  }
}
