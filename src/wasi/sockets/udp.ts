import { ok } from '../../util/result.ts';
import { READY } from '../../io/readiness.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { Pollable } from '../io/poll.ts';
import { defineSockets } from './define-sockets.ts';
import { IncomingDatagramStream } from './incoming-datagram-stream.ts';
import { Network } from './network.ts';
import { type OutgoingDatagram, OutgoingDatagramStream } from './outgoing-datagram-stream.ts';
import { IP_SOCKET_ADDRESS, type IpSocketAddress } from './socket-address.ts';
import { UdpSocket } from './udp-socket.ts';
import * as t from '../param-types.ts';

const OUTGOING_DATAGRAM = t.record({ data: t.bytes, 'remote-address': t.option(IP_SOCKET_ADDRESS) });

/** `wasi:sockets/udp`. Source: wasi-sockets `udp.wit`. */
export const udp = defineSockets('udp', {
  resources: {
    'udp-socket': UdpSocket,
    'incoming-datagram-stream': IncomingDatagramStream,
    'outgoing-datagram-stream': OutgoingDatagramStream,
  },
  mayWait: ['[method]udp-socket.stream', '[method]outgoing-datagram-stream.send'],
  params: {
    '[method]udp-socket.start-bind': [t.borrow('network', Network), IP_SOCKET_ADDRESS],
    '[method]udp-socket.stream': [t.option(IP_SOCKET_ADDRESS)],
    '[method]udp-socket.set-unicast-hop-limit': [t.u8],
    '[method]udp-socket.set-receive-buffer-size': [t.u64],
    '[method]udp-socket.set-send-buffer-size': [t.u64],
    '[method]incoming-datagram-stream.receive': [t.u64],
    '[method]outgoing-datagram-stream.send': [t.list(OUTGOING_DATAGRAM)],
  },
  funcs: {
    '[method]udp-socket.start-bind': (_ctx: WasiCtx, self: UdpSocket, _network: Network, local: IpSocketAddress) =>
      self.startBind(local),
    '[method]udp-socket.finish-bind': (_ctx: WasiCtx, self: UdpSocket) => self.finishBind(),
    '[method]udp-socket.stream': (_ctx: WasiCtx, self: UdpSocket, remote: IpSocketAddress | undefined) =>
      self.stream(remote),
    '[method]udp-socket.local-address': (_ctx: WasiCtx, self: UdpSocket) => self.localAddress(),
    '[method]udp-socket.remote-address': (_ctx: WasiCtx, self: UdpSocket) => self.remoteAddress(),
    '[method]udp-socket.address-family': (_ctx: WasiCtx, self: UdpSocket) => self.family,
    '[method]udp-socket.unicast-hop-limit': (_ctx: WasiCtx, self: UdpSocket) => ok(self.hopLimit),
    '[method]udp-socket.set-unicast-hop-limit': (_ctx: WasiCtx, self: UdpSocket, value: number) =>
      self.setHopLimit(value),
    '[method]udp-socket.receive-buffer-size': (_ctx: WasiCtx, self: UdpSocket) => self.bufferSize('receive'),
    '[method]udp-socket.set-receive-buffer-size': (_ctx: WasiCtx, self: UdpSocket, value: bigint) =>
      self.setBufferSize('receive', value),
    '[method]udp-socket.send-buffer-size': (_ctx: WasiCtx, self: UdpSocket) => self.bufferSize('send'),
    '[method]udp-socket.set-send-buffer-size': (_ctx: WasiCtx, self: UdpSocket, value: bigint) =>
      self.setBufferSize('send', value),
    /** Binding is done when it was started: nothing else is waited for. */
    '[method]udp-socket.subscribe': (_ctx: WasiCtx, self: UdpSocket) => new Pollable(READY, self.children),

    '[method]incoming-datagram-stream.receive': (_ctx: WasiCtx, self: IncomingDatagramStream, maxResults: bigint) =>
      self.receive(maxResults),
    '[method]incoming-datagram-stream.subscribe': (_ctx: WasiCtx, self: IncomingDatagramStream) =>
      new Pollable(self, self.children),

    '[method]outgoing-datagram-stream.check-send': (_ctx: WasiCtx, self: OutgoingDatagramStream) =>
      ok(self.checkSend()),
    '[method]outgoing-datagram-stream.send': (
      ctx: WasiCtx,
      self: OutgoingDatagramStream,
      datagrams: readonly OutgoingDatagram[],
    ) => self.send(ctx, datagrams),
    '[method]outgoing-datagram-stream.subscribe': (_ctx: WasiCtx, self: OutgoingDatagramStream) =>
      new Pollable(self, self.children),
  },
});
