import type { Result } from '../../util/result.ts';
import { ok } from '../../util/result.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { Pollable } from '../io/poll.ts';
import { defineSockets } from './define-sockets.ts';
import { Network } from './network.ts';
import { IP_SOCKET_ADDRESS, type IpSocketAddress } from './socket-address.ts';
import type { SocketResult } from './socket-error.ts';
import type { ShutdownType } from './tcp-connection.ts';
import { TcpSocket } from './tcp-socket.ts';
import * as t from '../param-types.ts';

const NS_PER_SECOND = 1_000_000_000n;

const AT_ADDRESS = [t.borrow('network', Network), IP_SOCKET_ADDRESS];

/** `wasi:sockets/tcp`. Source: wasi-sockets `tcp.wit`. */
export const tcp = defineSockets('tcp', {
  resources: { 'tcp-socket': TcpSocket },
  params: {
    '[method]tcp-socket.start-bind': AT_ADDRESS,
    '[method]tcp-socket.start-connect': AT_ADDRESS,
    '[method]tcp-socket.set-listen-backlog-size': [t.u64],
    '[method]tcp-socket.set-keep-alive-enabled': [t.bool],
    '[method]tcp-socket.set-keep-alive-idle-time': [t.u64],
    '[method]tcp-socket.set-keep-alive-interval': [t.u64],
    '[method]tcp-socket.set-keep-alive-count': [t.u32],
    '[method]tcp-socket.set-hop-limit': [t.u8],
    '[method]tcp-socket.set-receive-buffer-size': [t.u64],
    '[method]tcp-socket.set-send-buffer-size': [t.u64],
    '[method]tcp-socket.shutdown': [t.enumeration('receive', 'send', 'both')],
  },
  funcs: {
    '[method]tcp-socket.start-bind': (_ctx: WasiCtx, self: TcpSocket, _network: Network, local: IpSocketAddress) =>
      self.startBind(local),
    '[method]tcp-socket.finish-bind': (_ctx: WasiCtx, self: TcpSocket) => self.finishBind(),
    '[method]tcp-socket.start-connect': (_ctx: WasiCtx, self: TcpSocket, _network: Network, remote: IpSocketAddress) =>
      self.startConnect(remote),
    '[method]tcp-socket.finish-connect': (_ctx: WasiCtx, self: TcpSocket) => self.finishConnect(),
    '[method]tcp-socket.start-listen': (_ctx: WasiCtx, self: TcpSocket) => self.startListen(),
    '[method]tcp-socket.finish-listen': (_ctx: WasiCtx, self: TcpSocket) => self.finishListen(),
    '[method]tcp-socket.accept': (_ctx: WasiCtx, self: TcpSocket) => self.accept(),
    '[method]tcp-socket.local-address': (_ctx: WasiCtx, self: TcpSocket) => self.localAddress(),
    '[method]tcp-socket.remote-address': (_ctx: WasiCtx, self: TcpSocket) => self.remoteAddress(),
    '[method]tcp-socket.is-listening': (_ctx: WasiCtx, self: TcpSocket) => self.isListening,
    '[method]tcp-socket.address-family': (_ctx: WasiCtx, self: TcpSocket) => self.family,
    '[method]tcp-socket.set-listen-backlog-size': (_ctx: WasiCtx, self: TcpSocket, value: bigint) =>
      self.setBacklog(value),

    '[method]tcp-socket.keep-alive-enabled': (_ctx: WasiCtx, self: TcpSocket) =>
      map(self.getOption('keep-alive-enabled'), (value) => value !== 0),
    '[method]tcp-socket.set-keep-alive-enabled': (_ctx: WasiCtx, self: TcpSocket, value: boolean) =>
      self.setOption('keep-alive-enabled', value ? 1 : 0),
    '[method]tcp-socket.keep-alive-idle-time': (_ctx: WasiCtx, self: TcpSocket) =>
      map(self.getOption('keep-alive-idle-time'), toNs),
    '[method]tcp-socket.set-keep-alive-idle-time': (_ctx: WasiCtx, self: TcpSocket, value: bigint) =>
      self.setOption('keep-alive-idle-time', toSeconds(value)),
    '[method]tcp-socket.keep-alive-interval': (_ctx: WasiCtx, self: TcpSocket) =>
      map(self.getOption('keep-alive-interval'), toNs),
    '[method]tcp-socket.set-keep-alive-interval': (_ctx: WasiCtx, self: TcpSocket, value: bigint) =>
      self.setOption('keep-alive-interval', toSeconds(value)),
    '[method]tcp-socket.keep-alive-count': (_ctx: WasiCtx, self: TcpSocket) => self.getOption('keep-alive-count'),
    '[method]tcp-socket.set-keep-alive-count': (_ctx: WasiCtx, self: TcpSocket, value: number) =>
      self.setOption('keep-alive-count', value),
    '[method]tcp-socket.hop-limit': (_ctx: WasiCtx, self: TcpSocket) => self.getOption('hop-limit'),
    '[method]tcp-socket.set-hop-limit': (_ctx: WasiCtx, self: TcpSocket, value: number) =>
      self.setOption('hop-limit', value),
    '[method]tcp-socket.receive-buffer-size': (_ctx: WasiCtx, self: TcpSocket) =>
      map(self.getOption('receive-buffer-size'), BigInt),
    '[method]tcp-socket.set-receive-buffer-size': (_ctx: WasiCtx, self: TcpSocket, value: bigint) =>
      self.setOption('receive-buffer-size', value),
    '[method]tcp-socket.send-buffer-size': (_ctx: WasiCtx, self: TcpSocket) =>
      map(self.getOption('send-buffer-size'), BigInt),
    '[method]tcp-socket.set-send-buffer-size': (_ctx: WasiCtx, self: TcpSocket, value: bigint) =>
      self.setOption('send-buffer-size', value),

    '[method]tcp-socket.subscribe': (_ctx: WasiCtx, self: TcpSocket) => new Pollable(self, self.children),
    '[method]tcp-socket.shutdown': (_ctx: WasiCtx, self: TcpSocket, how: ShutdownType) => self.shutdown(how),
  },
});

function map<T, R>(result: SocketResult<T>, to: (value: T) => R): Result<R, unknown> {
  return result.tag === 'ok' ? ok(to(result.val)) : result;
}

function toNs(seconds: number): bigint {
  return BigInt(seconds) * NS_PER_SECOND;
}

/** Rounded up: only 0 is 0. */
function toSeconds(ns: bigint): bigint {
  return (ns + NS_PER_SECOND - 1n) / NS_PER_SECOND;
}
