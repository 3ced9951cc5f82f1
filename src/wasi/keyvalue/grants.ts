import type { KeyValueStore } from '../../state/keyvalue/key-value-store.ts';

/** What a guest is granted of `wasi:keyvalue`. Left out: no store. */
export interface KeyValueGrants {
  readonly keyValueStores?: ReadonlyMap<string, KeyValueStore>;
}

/** The stores that `wasi:keyvalue` has for a component. */
export interface KeyValueOptions {
  readonly keyValueStores: ReadonlyMap<string, KeyValueStore>;
}

export function grantKeyValue({ keyValueStores }: KeyValueOptions): KeyValueGrants {
  return { keyValueStores };
}
