import * as nodeNet from 'node:net';
import type { BoundSocket, Socket } from 'node:net';
import { type Readiness, Wakers } from '../../io/readiness.ts';
import { UpstreamTcp } from '../../outbound/upstream/upstream-tcp.ts';
import { OK, ok } from '../../util/result.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { InputStream } from '../io/input-stream.ts';
import { OutputStream } from '../io/output-stream.ts';
import { Parent } from '../io/parent.ts';
import type { TcpOption } from './kernel-options.ts';
import type { IpAddressFamily } from './network.ts';
import { RequestSockets } from './request-sockets.ts';
import {
  type SocketEndpoint,
  type IpSocketAddress,
  isOfFamily,
  isRemote,
  isUnicast,
  toEndpoint,
  toSocketAddress,
  unspecifiedOf,
} from './socket-address.ts';
import { type SocketErrorCode, type SocketResult, socketError, toSocketErrorCode } from './socket-error.ts';
import { READ_AHEAD_BYTES, type ShutdownType, type SocketEnds, TcpConnection, endsOf } from './tcp-connection.ts';
import { TcpListener } from './tcp-listener.ts';
import { type SocketDescriptor, TcpOptions, descriptorOf } from './tcp-options.ts';

/** Source: Rust's standard library and wasmtime. */
const DEFAULT_BACKLOG = 128;
const MOST_BACKLOG = 2 ** 31 - 1;

type State =
  | { readonly at: 'open'; readonly bound: BoundSocket | undefined }
  | { readonly at: 'connecting'; readonly socket: Socket | undefined }
  | { readonly at: 'connected'; readonly connection: TcpConnection }
  | { readonly at: 'listening'; readonly listener: TcpListener }
  | { readonly at: 'closed'; readonly code: SocketErrorCode };

const NO_DESCRIPTOR: SocketDescriptor = { fd: undefined };

/** `tcp-socket` of `wasi:sockets/tcp`. Its states and the order of its checks are those of wasmtime. Traps when dropped before its streams and pollables. */
export class TcpSocket implements Readiness, Disposable {
  readonly family: IpAddressFamily;
  readonly children = new Parent('tcp-socket');
  readonly #ctx: WasiCtx;
  readonly #sockets: RequestSockets;
  readonly #wakers = new Wakers();
  readonly #lifeline: Disposable = { [Symbol.dispose]: () => this.#destroy() };
  #options: TcpOptions;
  #backlog = DEFAULT_BACKLOG;
  #state: State = { at: 'open', bound: undefined };
  /** What was started and not finished. */
  #operation: 'bind' | 'connect' | 'listen' | undefined;

  private constructor(ctx: WasiCtx, family: IpAddressFamily) {
    this.#ctx = ctx;
    this.#sockets = ctx.state(RequestSockets);
    this.family = family;
    this.#options = new TcpOptions(family);
  }

  static create(ctx: WasiCtx, family: IpAddressFamily): SocketResult<TcpSocket> {
    const socket = new TcpSocket(ctx, family);
    if (!socket.#sockets.mayUseTcp) return socketError('access-denied');
    return socket.#sockets.open(socket.#lifeline) ? ok(socket) : socketError('new-socket-limit');
  }

  startBind(address: IpSocketAddress): SocketResult<undefined> {
    if (this.#operation !== undefined) return socketError('concurrency-conflict');
    if (this.#state.at !== 'open' || this.#state.bound !== undefined) return socketError('invalid-state');
    if (!isUnicast(address) || !isOfFamily(address, this.family)) return socketError('invalid-argument');
    const endpoint = toEndpoint(address);
    if (!this.#sockets.mayUse(endpoint, 'bind')) return socketError('access-denied');
    const bound = this.#bind(endpoint);
    if (bound.tag === 'ok') this.#operation = 'bind';
    return bound;
  }

  finishBind(): SocketResult<undefined> {
    if (this.#operation !== 'bind') return socketError('not-in-progress');
    this.#operation = undefined;
    return OK;
  }

  startConnect(address: IpSocketAddress): SocketResult<undefined> {
    if (this.#operation !== undefined) return socketError('concurrency-conflict');
    if (this.#state.at !== 'open') return socketError('invalid-state');
    if (!isUnicast(address) || !isRemote(address) || !isOfFamily(address, this.family))
      return socketError('invalid-argument');
    this.#operation = 'connect';
    const endpoint = toEndpoint(address);
    if (this.#sockets.mayUse(endpoint, 'connect')) this.#connect(endpoint);
    else this.#close('access-denied');
    return OK;
  }

  finishConnect(): SocketResult<[InputStream, OutputStream]> {
    if (this.#operation !== 'connect') return socketError('not-in-progress');
    if (this.#state.at === 'connecting') return socketError('would-block');
    this.#operation = undefined;
    if (this.#state.at === 'connected') return ok(this.#createStreams(this.#state.connection));
    return socketError(this.#state.at === 'closed' ? this.#state.code : 'invalid-state');
  }

  startListen(): SocketResult<undefined> {
    if (this.#operation !== undefined) return socketError('concurrency-conflict');
    if (this.#state.at !== 'open' || this.#state.bound === undefined) return socketError('invalid-state');
    const { bound } = this.#state;
    if (!this.#sockets.mayUse(bound.address(), 'listen')) return socketError('access-denied');
    const listener = new TcpListener({
      bound,
      backlog: this.#backlog,
      sockets: this.#sockets,
      wake: () => this.#wakers.wake(),
    });
    this.#state = { at: 'listening', listener };
    this.#operation = 'listen';
    return OK;
  }

  finishListen(): SocketResult<undefined> {
    if (this.#operation !== 'listen' || this.#state.at !== 'listening') return socketError('not-in-progress');
    const { outcome } = this.#state.listener;
    if (outcome === 'pending') return socketError('would-block');
    this.#operation = undefined;
    if (outcome === 'listening') return OK;
    this.#close(outcome);
    return socketError(outcome);
  }

  accept(): SocketResult<[TcpSocket, InputStream, OutputStream]> {
    if (this.#state.at !== 'listening') return socketError('invalid-state');
    const arrival = this.#state.listener.accept();
    if (arrival === undefined) return socketError('would-block');
    const { socket, ends } = arrival;
    const accepted = new TcpSocket(this.#ctx, this.family);
    // The place of one that waited is free now, so there is room.
    accepted.#sockets.open(accepted.#lifeline);
    accepted.#options = this.#options.inherit(descriptorOf(socket));
    const connection = accepted.#adopt(socket, ends);
    return ok([accepted, ...accepted.#createStreams(connection)]);
  }

  localAddress(): SocketResult<IpSocketAddress> {
    if (this.#state.at === 'closed') return socketError(this.#state.code);
    const local = this.#local();
    return local === undefined ? socketError('invalid-state') : ok(toSocketAddress(local));
  }

  remoteAddress(): SocketResult<IpSocketAddress> {
    if (this.#state.at === 'closed') return socketError(this.#state.code);
    return this.#state.at === 'connected'
      ? ok(toSocketAddress(this.#state.connection.remote))
      : socketError('invalid-state');
  }

  get isListening(): boolean {
    return this.#state.at === 'listening';
  }

  shutdown(how: ShutdownType): SocketResult<undefined> {
    if (this.#state.at !== 'connected' || this.#operation !== undefined) return socketError('invalid-state');
    this.#state.connection.shutdown(how);
    return OK;
  }

  /** Node cannot change the backlog of a port that is open. */
  setBacklog(size: bigint): SocketResult<undefined> {
    if (size === 0n) return socketError('invalid-argument');
    if (this.#state.at === 'closed') return socketError(this.#state.code);
    if (this.#state.at === 'listening') return socketError('not-supported');
    if (this.#state.at !== 'open') return socketError('invalid-state');
    this.#backlog = Math.min(Number(size), MOST_BACKLOG);
    return OK;
  }

  getOption(option: TcpOption): SocketResult<number> {
    const descriptor = this.#descriptor();
    return descriptor.tag === 'err' ? descriptor : this.#options.get(option, descriptor.val);
  }

  setOption(option: TcpOption, value: number | bigint): SocketResult<undefined> {
    const descriptor = this.#descriptor();
    return descriptor.tag === 'err' ? descriptor : this.#options.set(option, value, descriptor.val);
  }

  isReady(): boolean {
    if (this.#operation === 'connect') return this.#state.at !== 'connecting';
    if (this.#state.at !== 'listening') return true;
    const { outcome, hasConnection } = this.#state.listener;
    return this.#operation === 'listen' ? outcome !== 'pending' : hasConnection;
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  /** The guest drops it. What it has written is still sent, as long as the request lasts. */
  [Symbol.dispose](): void {
    this.children.assertChildless();
    const state = this.#state;
    if (state.at === 'connected' && !state.connection.socket.destroyed) {
      state.connection.socket.once('close', () => this.#sockets.closed(this.#lifeline));
      state.connection.finish();
      return;
    }
    this.#destroy();
    this.#sockets.closed(this.#lifeline);
  }

  #destroy(): void {
    const state = this.#state;
    if (state.at === 'connected') state.connection[Symbol.dispose]();
    if (state.at === 'listening') state.listener[Symbol.dispose]();
    if (state.at === 'connecting') state.socket?.destroy();
    if (state.at === 'open') state.bound?.close();
    this.#state = { at: 'closed', code: 'invalid-state' };
  }

  #bind({ address, port }: SocketEndpoint): SocketResult<undefined> {
    // Older versions of Node cannot bind without listening.
    if (typeof nodeNet.BoundSocket !== 'function') return socketError('not-supported');
    try {
      const bound = new nodeNet.BoundSocket({ host: address, port, ipv6Only: this.family === 'ipv6' });
      this.#options.applyTo({ fd: bound.fd() });
      this.#state = { at: 'open', bound };
      return OK;
    } catch (error) {
      return socketError(toSocketErrorCode(error));
    }
  }

  /** A socket of which options were set is bound first, so that they hold from the first packet on. */
  #connect({ address, port }: SocketEndpoint): void {
    if (this.#options.isChanged && this.#local() === undefined) this.#bind(unspecifiedOf(this.family));
    const handle = this.#state.at === 'open' ? this.#state.bound : undefined;
    const given = { allowHalfOpen: true, highWaterMark: READ_AHEAD_BYTES };
    const socket = new UpstreamTcp(handle === undefined ? given : { ...given, handle });
    this.#state = { at: 'connecting', socket };
    socket.pause();
    socket.on('error', (error) => {
      if (this.#state.at === 'connecting') this.#close(toSocketErrorCode(error));
    });
    socket.once('connect', () => {
      const ends = endsOf(socket);
      if (this.#state.at !== 'connecting') return;
      if (ends === undefined) this.#close('connection-reset');
      else this.#adopt(socket, ends);
      this.#wakers.wake();
    });
    try {
      socket.connect({ host: address, port });
    } catch (error) {
      socket.destroy();
      this.#close(toSocketErrorCode(error));
    }
  }

  #adopt(socket: Socket, ends: SocketEnds): TcpConnection {
    const connection = new TcpConnection(socket, ends, this.#ctx.held);
    this.#options.applyTo(descriptorOf(socket));
    this.#state = { at: 'connected', connection };
    return connection;
  }

  #close(code: SocketErrorCode): void {
    this.#destroy();
    this.#state = { at: 'closed', code };
    this.#wakers.wake();
  }

  #createStreams({ input, output }: TcpConnection): [InputStream, OutputStream] {
    return [new InputStream(input, this.children), new OutputStream(output, this.children)];
  }

  /** `undefined` if it is not bound, or not connected yet. */
  #local(): SocketEndpoint | undefined {
    const state = this.#state;
    if (state.at === 'open') return state.bound?.address();
    if (state.at === 'connected') return state.connection.local;
    return state.at === 'listening' ? state.listener.local : undefined;
  }

  #descriptor(): SocketResult<SocketDescriptor> {
    const state = this.#state;
    if (state.at === 'closed') return socketError(state.code);
    if (state.at === 'connecting') return socketError('invalid-state');
    if (state.at === 'connected') return ok(descriptorOf(state.connection.socket));
    if (state.at === 'listening') return ok(descriptorOf(state.listener.server));
    return ok(state.bound === undefined ? NO_DESCRIPTOR : { fd: state.bound.fd() });
  }
}
