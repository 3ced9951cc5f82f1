import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { getRandomBytes, getRandomU64 } from './random-bytes.ts';

/**
 * `wasi:random/insecure`, which may be predictable but need not be: it gives secure bytes, so that no guest can
 * learn another's numbers from its own. Source: wasi-random `insecure.wit`.
 */
export const insecure = {
  name: 'wasi:random/insecure',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'get-insecure-random-bytes': getRandomBytes,
    'get-insecure-random-u64': (_ctx: WasiCtx): bigint => getRandomU64(),
  },
} satisfies HostInterface<WasiCtx>;
