import { type Result, err, ok } from '../../util/result.ts';
import type { OptionKind } from './option-kind.ts';

type Stores = Readonly<Record<string, string>>;

/** Where the values of a store are. */
export type KeyValueSpec =
  | { readonly at: 'memory' }
  | { readonly at: 'sqlite'; readonly file: string }
  | { readonly at: 'redis'; readonly url: string; readonly prefix: string };

const FORMS = 'write memory, sqlite:FILE or redis://HOST:PORT/DATABASE';

/** Key-value stores by their names. In texts `NAME=STORE`; later ones win. */
export function keyValueStoresKind(): OptionKind<Stores> {
  return {
    name: 'stores',
    placeholder: '<name=store>',
    isList: true,
    type: '{ NAME: store }',
    parse: parseStores,
    check: checkStores,
    format: (stores) =>
      Object.entries(stores)
        .map(([name, store]) => `${name}=${store}`)
        .join(', '),
  };
}

function parseStores(texts: readonly string[]): Result<Stores, string> {
  const stores: [name: string, store: string][] = [];
  for (const text of texts) {
    const [name = '', store = ''] = text.split(/=(.*)/s);
    if (name === '' || store === '') return err(`write NAME=STORE, and for STORE ${FORMS.slice('write '.length)}`);
    const spec = parseKeyValueSpec(store);
    if (spec.tag === 'err') return spec;
    stores.push([name, store]);
  }
  return ok(Object.fromEntries(stores));
}

function checkStores(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'give an object, { NAME: store }';
  for (const [name, store] of Object.entries(value)) {
    const spec = typeof store === 'string' ? parseKeyValueSpec(store) : err('give a string');
    if (spec.tag === 'err') return `${spec.val} (of ${name})`;
  }
  return undefined;
}

/** What the text of a store says, or what to write. The prefix of keys is Redis's `?prefix=`. */
export function parseKeyValueSpec(text: string): Result<KeyValueSpec, string> {
  if (text === 'memory') return ok({ at: 'memory' });
  if (text.startsWith('sqlite:')) {
    const file = text.slice('sqlite:'.length);
    return file === '' ? err('name a file after sqlite:') : ok({ at: 'sqlite', file });
  }
  const url = /^rediss?:\/\//.test(text) ? URL.parse(text) : null;
  return url === null ? err(FORMS) : parseRedis(url);
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
