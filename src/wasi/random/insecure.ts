import type { WasiCtx } from '../wasi-ctx.ts';
import { getRandomBytes, getRandomU64 } from './random-bytes.ts';
import { defineRandom } from './define-random.ts';
import * as t from '../param-types.ts';

/**
 * `wasi:random/insecure`, which may be predictable but need not be: it gives secure bytes, so that no guest can
 * learn another's numbers from its own. Source: wasi-random `insecure.wit`.
 */
export const insecure = defineRandom('insecure', {
  params: { 'get-insecure-random-bytes': [t.u64] },
  funcs: {
    'get-insecure-random-bytes': getRandomBytes,
    'get-insecure-random-u64': (_ctx: WasiCtx): bigint => getRandomU64(),
  },
});
