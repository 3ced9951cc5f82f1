import { type Result, err, ok } from '../../util/result.ts';
import type { OptionKind } from './option-kind.ts';

export type NamedStores = Readonly<Record<string, string>>;

/** A kind of stores. */
interface StoreKind {
  /** For messages. */
  readonly name: string;
  /** What to write for a store. */
  readonly forms: string;
  /** What is wrong with a store, if anything. */
  readonly check: (name: string, store: string) => string | undefined;
}

/** Stores by their names. In texts `NAME=STORE`; later ones win. */
export function namedStoresKind({ name: kindName, forms, check }: StoreKind): OptionKind<NamedStores> {
  return {
    name: kindName,
    placeholder: '<name=store>',
    isList: true,
    type: '{ NAME: store }',
    parse: (texts): Result<NamedStores, string> => {
      const stores: [name: string, store: string][] = [];
      for (const text of texts) {
        const [name = '', store = ''] = text.split(/=(.*)/s);
        if (name === '' || store === '') return err(`write NAME=STORE, and for STORE ${forms}`);
        const wrong = check(name, store);
        if (wrong !== undefined) return err(wrong);
        stores.push([name, store]);
      }
      return ok(Object.fromEntries(stores));
    },
    check: (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'give an object, { NAME: store }';
      for (const [name, store] of Object.entries(value)) {
        const wrong = typeof store === 'string' ? check(name, store) : 'give a string';
        if (wrong !== undefined) return `${wrong} (of ${name})`;
      }
      return undefined;
    },
    format: (stores) =>
      Object.entries(stores)
        .map(([name, store]) => `${name}=${store}`)
        .join(', '),
  };
}
