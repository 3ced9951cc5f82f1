import type { Result } from '../../util/result.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { ACCESS_DENIED, ADDRESS_FAMILY, type IpAddressFamily } from './network.ts';
import { defineSockets } from './define-sockets.ts';

/** `wasi:sockets/tcp-create-socket`: no socket is granted. Source: wasi-sockets `tcp-create-socket.wit`. */
export const tcpCreateSocket = defineSockets('tcp-create-socket', {
  params: { 'create-tcp-socket': [ADDRESS_FAMILY] },
  funcs: {
    'create-tcp-socket': (_ctx: WasiCtx, _addressFamily: IpAddressFamily): Result<never, 'access-denied'> =>
      ACCESS_DENIED,
  },
});
