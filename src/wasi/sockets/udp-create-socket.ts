import type { WasiCtx } from '../wasi-ctx.ts';
import { ADDRESS_FAMILY, type IpAddressFamily } from './network.ts';
import { defineSockets } from './define-sockets.ts';
import { UdpSocket } from './udp-socket.ts';

/** `wasi:sockets/udp-create-socket`. Source: wasi-sockets `udp-create-socket.wit`. */
export const udpCreateSocket = defineSockets('udp-create-socket', {
  params: { 'create-udp-socket': [ADDRESS_FAMILY] },
  funcs: {
    'create-udp-socket': (ctx: WasiCtx, family: IpAddressFamily) => UdpSocket.create(ctx, family),
  },
});
