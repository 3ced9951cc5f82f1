import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { claimFolder, defaultCacheFolder } from '../component/cache.ts';
import { CACHE_BOUNDS, pruneCache } from '../component/prune-cache.ts';

/** One version takes 2.7 MB. */
const BOUNDS = { ...CACHE_BOUNDS, maxBytes: 64 * 1024 * 1024 };

/** After the first requests: writing takes some 20 ms of the thread's time. A process that ends before writes when it ends. */
const WRITE_AFTER_MS = 3000;

/**
 * Lets Node keep what it made of our own sources, and of what they import, from one start to the next: saves two tenths of a
 * second where they are TypeScript. To be called before they are imported; nothing is kept where `args` say how to cache.
 *
 * Node checks each entry against its source. The entries are code, so the folder must be this user's alone.
 */
export function keepCompiledCode(args: readonly string[], env: NodeJS.ProcessEnv): void {
  const folder = join(defaultCacheFolder(env), 'node');
  if (args.some((arg) => arg.includes('cache=')) || !hasCompileCache() || !claimFolder(folder)) return;
  nodeModule.enableCompileCache(folder);
  setTimeout(() => {
    nodeModule.flushCompileCache();
    // Each version of Node and of ours leaves its own.
    void pruneCache({ path: folder, names: /^/, depth: 'tree' }, BOUNDS);
  }, WRITE_AFTER_MS).unref();
}

/** Deno has none, and would not load a file that imports it by name. */
function hasCompileCache(): boolean {
  return 'enableCompileCache' in nodeModule;
}
