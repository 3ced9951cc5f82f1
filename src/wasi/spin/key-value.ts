import { Charge } from '../../util/held-bytes.ts';
import { type Result, ok } from '../../util/result.ts';
import { type Bucket, type KeyValueError, type Outcome, checkKey, checkPair } from '../keyvalue/bucket.ts';
import type { KeyValueGrants } from '../keyvalue/grants.ts';
import { getValue, openBucket } from '../keyvalue/open-bucket.ts';
import * as t from '../param-types.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { defineSpin } from './define-spin.ts';

/** What a key takes beside its characters. */
const KEY_BYTES = 64;

/** `store` of `fermyon:spin/key-value`. */
export class SpinStore {
  readonly bucket: Bucket;

  constructor(bucket: Bucket) {
    this.bucket = bucket;
  }
}

/** `fermyon:spin/key-value`, over the stores of `wasi:keyvalue`. Source: `key-value.wit`. */
export const spinKeyValue = defineSpin('key-value', {
  resources: { store: SpinStore },
  mayWait: [
    '[method]store.get',
    '[method]store.set',
    '[method]store.delete',
    '[method]store.exists',
    '[method]store.get-keys',
  ],
  params: {
    '[static]store.open': [t.string],
    '[method]store.get': [t.string],
    '[method]store.set': [t.string, t.bytes],
    '[method]store.delete': [t.string],
    '[method]store.exists': [t.string],
  },
  funcs: {
    '[static]store.open': (ctx: WasiCtx<KeyValueGrants>, label: string): Result<SpinStore, KeyValueError> => {
      const opened = openBucket(ctx, label);
      return opened.tag === 'ok' ? ok(new SpinStore(opened.val)) : opened;
    },
    '[method]store.get': (ctx: WasiCtx, { bucket }: SpinStore, key: string): Outcome<Uint8Array | undefined> =>
      getValue(ctx, bucket, key),
    '[method]store.set': (ctx: WasiCtx, { bucket }: SpinStore, key: string, value: Uint8Array): Outcome<undefined> =>
      checkPair(ctx, key, value) ??
      bucket.ask(ctx, 2 * key.length + value.byteLength, (stored, signal) => stored.setMany([[key, value]], signal)),
    '[method]store.delete': (ctx: WasiCtx, { bucket }: SpinStore, key: string): Outcome<undefined> =>
      checkKey(ctx, key) ?? bucket.ask(ctx, 2 * key.length, (stored, signal) => stored.deleteMany([key], signal)),
    '[method]store.exists': (ctx: WasiCtx, { bucket }: SpinStore, key: string): Outcome<boolean> =>
      checkKey(ctx, key) ?? bucket.ask(ctx, 2 * key.length, (stored, signal) => stored.has(key, signal)),
    '[method]store.get-keys': (ctx: WasiCtx, { bucket }: SpinStore): Outcome<string[]> => allKeys(ctx, bucket),
  },
});

/** Page by page, so that the request pays for what it has before there is more. */
async function allKeys(ctx: WasiCtx, bucket: Bucket): Promise<Result<string[], KeyValueError>> {
  using charge = new Charge(ctx.held);
  const keys = new Set<string>();
  for (let cursor: bigint | undefined = 0n; cursor !== undefined;) {
    const from: bigint = cursor;
    const page = await bucket.ask(ctx, 0, (stored, signal) => stored.list(from, signal));
    if (page.tag === 'err') return page;
    for (const key of page.val.keys) keys.add(key);
    charge.resize(charge.bytes + page.val.keys.reduce((sum, key) => sum + KEY_BYTES + 2 * key.length, 0));
    cursor = page.val.cursor;
  }
  return ok([...keys]);
}
