import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { getRandomU64 } from './random-bytes.ts';

/** `wasi:random/insecure-seed`. Source: wasi-random `insecure-seed.wit`. */
export const insecureSeed = {
  name: 'wasi:random/insecure-seed',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'insecure-seed': (_ctx: WasiCtx): [bigint, bigint] => [getRandomU64(), getRandomU64()],
  },
} satisfies HostInterface<WasiCtx>;
