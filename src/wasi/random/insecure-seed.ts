import type { WasiCtx } from '../wasi-ctx.ts';
import { getRandomU64 } from './random-bytes.ts';
import { defineRandom } from './define-random.ts';

/** `wasi:random/insecure-seed`. Source: wasi-random `insecure-seed.wit`. */
export const insecureSeed = defineRandom('insecure-seed', {
  funcs: {
    'insecure-seed': (ctx: WasiCtx): [bigint, bigint] => [...ctx.state(InsecureSeed).seed],
  },
});

/** A guest that asks again gets the same, as in wasmtime. */
class InsecureSeed {
  readonly seed: readonly [bigint, bigint] = [getRandomU64(), getRandomU64()];
}
