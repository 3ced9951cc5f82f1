import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasRedis, startRedis } from '../harness/redis.ts';

/** A store as `--keyvalue NAME=` names it, empty at first. Disposing removes it. */
export interface StorePlace extends AsyncDisposable {
  readonly spec: string;
}

type Kind = 'memory' | 'sqlite' | 'redis';

/** Those that can be had here. */
export const STORE_KINDS: readonly Kind[] = ['memory', 'sqlite', ...(hasRedis ? (['redis'] as const) : [])];
/** Those that cannot, for tests that are skipped by name. */
export const MISSING_KINDS: readonly Kind[] = hasRedis ? [] : ['redis'];

export async function makePlace(kind: Kind): Promise<StorePlace> {
  if (kind === 'memory') return { spec: 'memory', [Symbol.asyncDispose]: async () => undefined };
  if (kind === 'redis') {
    const redis = await startRedis();
    return { spec: `${redis.url}/1?prefix=test*:`, [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose]() };
  }
  const folder = await mkdtempDisposable(join(tmpdir(), 'wasi-serve-sqlite-'));
  return { spec: `sqlite:${join(folder.path, 'store.db')}`, [Symbol.asyncDispose]: () => folder.remove() };
}
