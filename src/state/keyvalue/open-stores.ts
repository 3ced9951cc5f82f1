import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type KeyValueSpec, parseKeyValueSpec } from '../../config/kinds/key-value-stores.ts';
import type { ComponentConfig } from '../../config/options.ts';
import { HostError } from '../../util/host-error.ts';
import { hasOwnFile } from '../../util/own-file.ts';
import { describeMissing, isPermitted } from '../../util/permissions.ts';
import { toError } from '../../util/to-error.ts';
import type { KeyValueStore } from './key-value-store.ts';
import { MemoryStore } from './memory-store.ts';
import { RedisStore } from './redis-store.ts';
import { SqliteStore, sqliteThread } from './sqlite-store.ts';

/** The stores of a component by their names. Whoever opens them closes them. */
export interface OpenStores extends AsyncDisposable {
  readonly byName: ReadonlyMap<string, KeyValueStore>;
}

type StoreConfig = Pick<ComponentConfig, 'keyValue' | 'keyValueMemory' | 'keyValueInMemoryData' | 'limits'>;

/** The store that guests find under no name too, as wasmtime calls its only one. */
export const DEFAULT_STORE = 'default';

/** Opens what the options name; files and connections when they are first used. Throws `HostError` if that is impossible from the start. */
export function openStores(config: StoreConfig): OpenStores {
  const byName = new Map<string, KeyValueStore>();
  for (const [name, text] of Object.entries(toNamed(config))) byName.set(name, open(name, text, config));
  seed(byName.get(DEFAULT_STORE), config);
  return {
    byName,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Array.from(byName.values(), (store) => store[Symbol.asyncDispose]()));
    },
  };
}

/** What `-S keyvalue` grants is a store in memory, unless the default store is another. */
function toNamed({ keyValue, keyValueMemory, keyValueInMemoryData }: StoreConfig): Readonly<Record<string, string>> {
  const isGranted = keyValueMemory || Object.keys(keyValueInMemoryData).length > 0;
  return isGranted ? { [DEFAULT_STORE]: 'memory', ...keyValue } : keyValue;
}

function open(name: string, text: string, { limits }: StoreConfig): KeyValueStore {
  const spec = parseKeyValueSpec(text);
  if (spec.tag === 'err') throw new HostError('bad-argument', `invalid store ${name}: ${spec.val}`);
  return openStore(spec.val, limits);
}

function openStore(spec: KeyValueSpec, limits: StoreConfig['limits']): KeyValueStore {
  if (spec.at === 'memory') return new MemoryStore(limits.maxMemoryStoreBytes);
  if (spec.at === 'redis') return new RedisStore(spec);
  assertSqlite(spec.file);
  return new SqliteStore({ file: spec.file, maxBytes: limits.maxSqliteStoreBytes });
}

/** SQLite makes the file itself, but not its folder. */
function assertSqlite(file: string): void {
  if (!isPermitted('worker')) {
    throw new HostError('not-supported', `a store of SQLite requires a thread, but ${describeMissing(['worker'])}`);
  }
  if (!hasOwnFile(sqliteThread())) {
    throw new HostError(
      'not-supported',
      'stores of SQLite do not run from a bundle: leave wasi-serve out of the bundle (esbuild: --external:wasi-serve)',
    );
  }
  try {
    accessSync(dirname(resolve(file)), constants.W_OK);
  } catch (error) {
    throw new HostError('bad-config', `the store sqlite:${file} cannot be opened: ${toError(error).message}`, {
      cause: error,
    });
  }
}

function seed(store: KeyValueStore | undefined, { keyValueInMemoryData }: StoreConfig): void {
  const pairs = Object.entries(keyValueInMemoryData).map(([key, value]) => [key, Buffer.from(value)] as const);
  if (pairs.length === 0) return;
  if (!(store instanceof MemoryStore)) {
    throw new HostError(
      'bad-argument',
      'keyValueInMemoryData (-S keyvalue-in-memory-data) is for a default store in memory, and it is another',
    );
  }
  const set = store.setMany(pairs);
  if (set.tag === 'err') throw new HostError('bad-argument', `keyValueInMemoryData: ${set.val.message}`);
}
