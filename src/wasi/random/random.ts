import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { getRandomBytes, getRandomU64 } from './random-bytes.ts';

/** `wasi:random/random`. Source: wasi-random `random.wit`. */
export const random = {
  name: 'wasi:random/random',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'get-random-bytes': getRandomBytes,
    'get-random-u64': (_ctx: WasiCtx): bigint => getRandomU64(),
  },
} satisfies HostInterface<WasiCtx>;
