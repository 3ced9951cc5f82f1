import * as t from '../param-types.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { Bucket, type Outcome, checkKey } from './bucket.ts';
import { defineKeyvalue } from './define-keyvalue.ts';

/** `wasi:keyvalue/atomics`. Source: `atomics.wit`. */
export const atomics = defineKeyvalue('atomics', {
  mayWait: ['increment'],
  params: { increment: [t.borrow('bucket', Bucket), t.string, t.u64] },
  funcs: {
    increment: (ctx: WasiCtx, bucket: Bucket, key: string, delta: bigint): Outcome<bigint> =>
      checkKey(ctx, key) ?? bucket.ask(ctx, 2 * key.length, (stored, signal) => stored.increment(key, delta, signal)),
  },
});
