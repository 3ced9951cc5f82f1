import type { Result } from '../../util/result.ts';
import type { HostInterface } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { ACCESS_DENIED, type IpAddressFamily } from './network.ts';

/** `wasi:sockets/udp-create-socket`: no socket is granted. Source: wasi-sockets `udp-create-socket.wit`. */
export const udpCreateSocket = {
  name: 'wasi:sockets/udp-create-socket',
  version: '0.2.12',
  resources: {},
  mayWait: [],
  funcs: {
    'create-udp-socket': (_ctx: WasiCtx, _addressFamily: IpAddressFamily): Result<never, 'access-denied'> =>
      ACCESS_DENIED,
  },
} satisfies HostInterface<WasiCtx>;
