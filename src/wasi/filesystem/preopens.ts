import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';

/** `wasi:filesystem/preopens`: no directory is granted. Source: wasi-filesystem `preopens.wit`. */
export const preopens = {
  name: 'wasi:filesystem/preopens',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'get-directories': (_ctx: WasiCtx): readonly never[] => [],
  },
} satisfies HostInterface<WasiCtx>;
