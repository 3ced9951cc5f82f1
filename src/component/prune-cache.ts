import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What a folder of caches may hold. */
export interface CacheBounds {
  readonly maxBytes: number;
  /** A file that nobody has used for longer is removed. */
  readonly maxAgeMs: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** A component of 14 MB takes some 20. */
export const CACHE_BOUNDS: CacheBounds = Object.freeze({ maxBytes: 512 * 1024 * 1024, maxAgeMs: 30 * DAY_MS });

interface CacheFile {
  readonly path: string;
  readonly byteLength: number;
  /** As of `Date.now()`. Whoever mounts without access times has the last write. */
  readonly usedMs: number;
}

/**
 * Removes files below `folder` that are too old, and of the others those that were used longest ago until the rest is within the bounds. Only files
 * whose names match `ours` are counted and removed.
 *
 * Several processes may do so at the same time: they find the same files, and one that another has removed is no failure. Never rejects.
 */
export async function pruneCache(folder: string, ours: RegExp, { maxBytes, maxAgeMs }: CacheBounds): Promise<void> {
  const files = await listFiles(folder, ours);
  const nowMs = Date.now();
  let [byteLength, left] = [files.reduce((sum, file) => sum + file.byteLength, 0), files.length];
  for (const file of files.sort((one, other) => one.usedMs - other.usedMs)) {
    const isTooOld = nowMs - file.usedMs > maxAgeMs;
    // The one used last is what somebody has just put.
    const isTooMuch = byteLength > maxBytes && left > 1;
    if (!isTooOld && !isTooMuch) return;
    await rm(file.path, { force: true }).catch(() => undefined);
    byteLength -= file.byteLength;
    left -= 1;
  }
}

async function listFiles(folder: string, ours: RegExp): Promise<CacheFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const found = entries
    .filter((entry) => entry.isFile() && ours.test(entry.name))
    .map(async ({ parentPath, name }) => await toCacheFile(join(parentPath, name)));
  return (await Promise.all(found)).filter((file) => file !== undefined);
}

async function toCacheFile(path: string): Promise<CacheFile | undefined> {
  try {
    const { size, atimeMs, mtimeMs } = await stat(path);
    return { path, byteLength: size, usedMs: Math.max(atimeMs, mtimeMs) };
  } catch {
    // Another process has removed it.
    return undefined;
  }
}
