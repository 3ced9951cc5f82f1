import type { WasiCtx } from '../wasi-ctx.ts';
import { ADDRESS_FAMILY, type IpAddressFamily } from './network.ts';
import { defineSockets } from './define-sockets.ts';
import { TcpSocket } from './tcp-socket.ts';

/** `wasi:sockets/tcp-create-socket`. Source: wasi-sockets `tcp-create-socket.wit`. */
export const tcpCreateSocket = defineSockets('tcp-create-socket', {
  params: { 'create-tcp-socket': [ADDRESS_FAMILY] },
  funcs: {
    'create-tcp-socket': (ctx: WasiCtx, family: IpAddressFamily) => TcpSocket.create(ctx, family),
  },
});
