import type { WasiCtx } from '../wasi-ctx.ts';
import { getRandomBytes, getRandomU64 } from './random-bytes.ts';
import { defineRandom } from './define-random.ts';
import * as t from '../param-types.ts';

/** `wasi:random/random`. Source: wasi-random `random.wit`. */
export const random = defineRandom('random', {
  params: { 'get-random-bytes': [t.u64] },
  funcs: {
    'get-random-bytes': getRandomBytes,
    'get-random-u64': (_ctx: WasiCtx): bigint => getRandomU64(),
  },
});
