import type { WasiCtx } from '../wasi-ctx.ts';
import { getRandomU64 } from './random-bytes.ts';
import { defineRandom } from './define-random.ts';

/** `wasi:random/insecure-seed`. Source: wasi-random `insecure-seed.wit`. */
export const insecureSeed = defineRandom('insecure-seed', {
  funcs: {
    'insecure-seed': (_ctx: WasiCtx): [bigint, bigint] => [getRandomU64(), getRandomU64()],
  },
});
