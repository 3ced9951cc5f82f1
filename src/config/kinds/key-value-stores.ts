import { type Result, err, ok } from '../../util/result.ts';
import { type NamedStores, namedStoresKind } from './named-stores.ts';
import type { OptionKind } from './option-kind.ts';

/** Where the values of a store are. */
export type KeyValueSpec =
  | { readonly at: 'memory' }
  | { readonly at: 'sqlite'; readonly file: string }
  | { readonly at: 'redis'; readonly url: string; readonly prefix: string };

const FORMS = 'memory, sqlite:FILE or redis://HOST:PORT/DATABASE';

/** Key-value stores by their names. */
export function keyValueStoresKind(): OptionKind<NamedStores> {
  return namedStoresKind({ name: 'stores', forms: FORMS, check: checkStore });
}

function checkStore(_name: string, store: string): string | undefined {
  const spec = parseKeyValueSpec(store);
  return spec.tag === 'err' ? spec.val : undefined;
}

/** What the text of a store says, or what to write. The prefix of keys is Redis's `?prefix=`. */
export function parseKeyValueSpec(text: string): Result<KeyValueSpec, string> {
  if (text === 'memory') return ok({ at: 'memory' });
  if (text.startsWith('sqlite:')) {
    const file = text.slice('sqlite:'.length);
    return file === '' ? err('name a file after sqlite:') : ok({ at: 'sqlite', file });
  }
  const url = /^rediss?:\/\//.test(text) ? URL.parse(text) : null;
  return url === null ? err(`write ${FORMS}`) : parseRedis(url);
}

function parseRedis(url: URL): Result<KeyValueSpec, string> {
  const others = [...url.searchParams.keys()].filter((name) => name !== 'prefix');
  if (others.length > 0) return err(`a redis URL takes ?prefix= only, not ${others[0]}`);
  if (!/^(?:\/\d*)?$/.test(url.pathname)) return err('the path of a redis URL is the number of a database');
  const prefix = url.searchParams.get('prefix') ?? '';
  const bare = new URL(url);
  bare.search = '';
  return ok({ at: 'redis', url: bare.href, prefix });
}
