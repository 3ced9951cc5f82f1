import type { Result } from '../../util/result.ts';
import * as t from '../param-types.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { Bucket, type KeyValueError, type Outcome, checkKey, checkPair } from './bucket.ts';
import { defineKeyvalue } from './define-keyvalue.ts';
import type { KeyValueGrants } from './grants.ts';
import { getValue, openBucket } from './open-bucket.ts';

/** `key-response` of `wasi:keyvalue/store`. */
interface KeyResponse {
  readonly keys: string[];
  readonly cursor: bigint | undefined;
}

/** `wasi:keyvalue/store`. Source: `store.wit`. */
export const keyvalueStore = defineKeyvalue('store', {
  resources: { bucket: Bucket },
  mayWait: [
    '[method]bucket.get',
    '[method]bucket.set',
    '[method]bucket.delete',
    '[method]bucket.exists',
    '[method]bucket.list-keys',
  ],
  params: {
    open: [t.string],
    '[method]bucket.get': [t.string],
    '[method]bucket.set': [t.string, t.bytes],
    '[method]bucket.delete': [t.string],
    '[method]bucket.exists': [t.string],
    '[method]bucket.list-keys': [t.option(t.u64)],
  },
  funcs: {
    open: (ctx: WasiCtx<KeyValueGrants>, identifier: string): Result<Bucket, KeyValueError> =>
      openBucket(ctx, identifier),

    '[method]bucket.get': (ctx: WasiCtx, self: Bucket, key: string): Outcome<Uint8Array | undefined> =>
      getValue(ctx, self, key),

    '[method]bucket.set': (ctx: WasiCtx, self: Bucket, key: string, value: Uint8Array): Outcome<undefined> =>
      checkPair(ctx, key, value) ??
      self.ask(ctx, 2 * key.length + value.byteLength, (stored, signal) => stored.setMany([[key, value]], signal)),

    '[method]bucket.delete': (ctx: WasiCtx, self: Bucket, key: string): Outcome<undefined> =>
      checkKey(ctx, key) ?? self.ask(ctx, 2 * key.length, (stored, signal) => stored.deleteMany([key], signal)),

    '[method]bucket.exists': (ctx: WasiCtx, self: Bucket, key: string): Outcome<boolean> =>
      checkKey(ctx, key) ?? self.ask(ctx, 2 * key.length, (stored, signal) => stored.has(key, signal)),

    '[method]bucket.list-keys': (ctx: WasiCtx, self: Bucket, cursor: bigint | undefined): Outcome<KeyResponse> =>
      self.ask(ctx, 0, (stored, signal) => stored.list(cursor ?? 0n, signal)),
  },
});
