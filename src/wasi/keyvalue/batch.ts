import type { KeyValuePair } from '../../state/keyvalue/key-value-store.ts';
import { Charge } from '../../util/held-bytes.ts';
import { OK, type Result, ok } from '../../util/result.ts';
import * as t from '../param-types.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { Bucket, type KeyValueError, type Outcome, checkKey, checkPair, checkValue } from './bucket.ts';
import { defineKeyvalue } from './define-keyvalue.ts';

/** Values that are read before they are counted. */
const SLICE_KEYS = 16;

/** `wasi:keyvalue/batch`. Source: `batch.wit`. */
export const batch = defineKeyvalue('batch', {
  mayWait: ['get-many', 'set-many', 'delete-many'],
  params: {
    'get-many': [t.borrow('bucket', Bucket), t.list(t.string)],
    'set-many': [t.borrow('bucket', Bucket), t.list(t.tuple(t.string, t.bytes))],
    'delete-many': [t.borrow('bucket', Bucket), t.list(t.string)],
  },
  funcs: {
    'get-many': (ctx: WasiCtx, bucket: Bucket, keys: readonly string[]): Outcome<(KeyValuePair | undefined)[]> =>
      firstWrong(keys, (key) => checkKey(ctx, key)) ?? getMany(ctx, bucket, keys),

    'set-many': (ctx: WasiCtx, bucket: Bucket, pairs: readonly KeyValuePair[]): Outcome<undefined> => {
      const wrong = firstWrong(pairs, ([key, value]) => checkPair(ctx, key, value));
      if (wrong !== undefined || pairs.length === 0) return wrong ?? OK;
      const bytes = pairs.reduce((sum, [key, value]) => sum + 2 * key.length + value.byteLength, 0);
      return bucket.ask(ctx, bytes, (stored, signal) => stored.setMany(pairs, signal));
    },

    'delete-many': (ctx: WasiCtx, bucket: Bucket, keys: readonly string[]): Outcome<undefined> => {
      const wrong = firstWrong(keys, (key) => checkKey(ctx, key));
      if (wrong !== undefined || keys.length === 0) return wrong ?? OK;
      return bucket.ask(ctx, bytesOf(keys), (stored, signal) => stored.deleteMany(keys, signal));
    },
  },
});

/** Slice by slice, so that the request pays for what it has before there is more. */
async function getMany(
  ctx: WasiCtx,
  bucket: Bucket,
  keys: readonly string[],
): Promise<Result<(KeyValuePair | undefined)[], KeyValueError>> {
  using charge = new Charge(ctx.held);
  const found: (KeyValuePair | undefined)[] = [];
  for (let at = 0; at < keys.length; at += SLICE_KEYS) {
    const slice = keys.slice(at, at + SLICE_KEYS);
    const values = await bucket.ask(ctx, bytesOf(slice), (stored, signal) => stored.getMany(slice, signal));
    if (values.tag === 'err') return values;
    for (const [index, value] of values.val.entries()) {
      const wrong = value === undefined ? undefined : checkValue(ctx, value);
      if (wrong !== undefined) return wrong;
      charge.resize(charge.bytes + (value?.byteLength ?? 0));
      found.push(value === undefined ? undefined : [slice[index] as string, value]);
    }
  }
  return ok(found);
}

function firstWrong<T>(
  list: readonly T[],
  check: (one: T) => Result<never, KeyValueError> | undefined,
): Result<never, KeyValueError> | undefined {
  for (const one of list) {
    const wrong = check(one);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function bytesOf(keys: readonly string[]): number {
  return keys.reduce((sum, key) => sum + 2 * key.length, 0);
}
