import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { Network } from './network.ts';

/** `wasi:sockets/instance-network`. Source: wasi-sockets `instance-network.wit`. */
export const instanceNetwork = {
  name: 'wasi:sockets/instance-network',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'instance-network': (_ctx: WasiCtx): Network => new Network(),
  },
} satisfies HostInterface<WasiCtx>;
