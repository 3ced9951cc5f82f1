import type { WasiCtx } from '../wasi-ctx.ts';
import { Network } from './network.ts';
import { defineSockets } from './define-sockets.ts';

/** `wasi:sockets/instance-network`. Source: wasi-sockets `instance-network.wit`. */
export const instanceNetwork = defineSockets('instance-network', {
  funcs: {
    'instance-network': (_ctx: WasiCtx): Network => new Network(),
  },
});
