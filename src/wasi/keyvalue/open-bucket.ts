import { DEFAULT_STORE } from '../../state/keyvalue/open-stores.ts';
import { type Result, err, ok } from '../../util/result.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { Bucket, type KeyValueError, type Outcome, checkKey, checkValue } from './bucket.ts';
import type { KeyValueGrants } from './grants.ts';

/** The store of a name, if it is granted; the default one has no name too. */
export function openBucket({ grants }: WasiCtx<KeyValueGrants>, identifier: string): Result<Bucket, KeyValueError> {
  const stores = grants.keyValueStores;
  if (stores === undefined || stores.size === 0) return err({ tag: 'access-denied' });
  const name = identifier === '' ? DEFAULT_STORE : identifier;
  const found = stores.get(name);
  return found === undefined ? err({ tag: 'no-such-store' }) : ok(new Bucket(name, found));
}

/** The value of a key. Others may have set it, so its size is checked too. */
export function getValue(ctx: WasiCtx, bucket: Bucket, key: string): Outcome<Uint8Array | undefined> {
  const wrong = checkKey(ctx, key);
  if (wrong !== undefined) return wrong;
  const found = bucket.ask(ctx, 2 * key.length, (stored, signal) => stored.getMany([key], signal));
  return found instanceof Promise ? found.then((values) => toValue(ctx, values)) : toValue(ctx, found);
}

function toValue(
  ctx: WasiCtx,
  found: Result<(Uint8Array | undefined)[], KeyValueError>,
): Result<Uint8Array | undefined, KeyValueError> {
  if (found.tag === 'err') return found;
  const [value] = found.val;
  return value === undefined ? ok(undefined) : (checkValue(ctx, value) ?? ok(value));
}
