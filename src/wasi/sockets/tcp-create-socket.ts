import type { Result } from '../../util/result.ts';
import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { ACCESS_DENIED, type IpAddressFamily } from './network.ts';

/** `wasi:sockets/tcp-create-socket`: no socket is granted. Source: wasi-sockets `tcp-create-socket.wit`. */
export const tcpCreateSocket = {
  name: 'wasi:sockets/tcp-create-socket',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'create-tcp-socket': (_ctx: WasiCtx, _addressFamily: IpAddressFamily): Result<never, 'access-denied'> =>
      ACCESS_DENIED,
  },
} satisfies HostInterface<WasiCtx>;
