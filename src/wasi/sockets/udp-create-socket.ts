import type { Result } from '../../util/result.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { ACCESS_DENIED, ADDRESS_FAMILY, type IpAddressFamily } from './network.ts';
import { defineSockets } from './define-sockets.ts';

/** `wasi:sockets/udp-create-socket`: no socket is granted. Source: wasi-sockets `udp-create-socket.wit`. */
export const udpCreateSocket = defineSockets('udp-create-socket', {
  params: { 'create-udp-socket': [ADDRESS_FAMILY] },
  funcs: {
    'create-udp-socket': (_ctx: WasiCtx, _addressFamily: IpAddressFamily): Result<never, 'access-denied'> =>
      ACCESS_DENIED,
  },
});
