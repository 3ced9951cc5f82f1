import { type Socket, createSocket } from 'node:dgram';
import { OK, ok } from '../../util/result.ts';
import { settle } from '../settle.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import { Parent } from '../io/parent.ts';
import { DatagramQueue } from './datagram-queue.ts';
import { IncomingDatagramStream } from './incoming-datagram-stream.ts';
import type { IpAddressFamily } from './network.ts';
import { OutgoingDatagramStream } from './outgoing-datagram-stream.ts';
import { RequestSockets } from './request-sockets.ts';
import {
  type SocketEndpoint,
  type IpSocketAddress,
  isOfFamily,
  isRemote,
  toEndpoint,
  toSocketAddress,
  unspecifiedOf,
} from './socket-address.ts';
import { type SocketErrorCode, type SocketResult, socketError, toSocketErrorCode } from './socket-error.ts';

/** What systems begin with. Node can set it, but not ask for it. Source: ip(7); Windows' documentation. */
const DEFAULT_HOP_LIMIT = process.platform === 'win32' ? 128 : 64;

/** What a system can take as a size; more becomes less there. */
const MOST_BUFFER_BYTES = 2 ** 30;

export type BufferName = 'receive' | 'send';

/** `udp-socket` of `wasi:sockets/udp`. Traps when dropped before its streams and pollables. */
export class UdpSocket implements Disposable {
  readonly family: IpAddressFamily;
  readonly children = new Parent('udp-socket');
  /** Its streams, of which there is one pair at a time. */
  readonly streams = new Parent('udp-socket');
  readonly #ctx: WasiCtx;
  readonly #sockets: RequestSockets;
  readonly #lifeline: Disposable = { [Symbol.dispose]: () => this.#close() };
  readonly #queue: DatagramQueue;
  #socket: Socket | undefined;
  #isBinding = false;
  #remote: SocketEndpoint | undefined;
  #hopLimit: number | undefined;
  /** As they were set. */
  readonly #bufferBytes = new Map<BufferName, number>();

  private constructor(ctx: WasiCtx, family: IpAddressFamily) {
    this.#ctx = ctx;
    this.#sockets = ctx.state(RequestSockets);
    this.#queue = new DatagramQueue(ctx.held);
    this.family = family;
  }

  static create(ctx: WasiCtx, family: IpAddressFamily): SocketResult<UdpSocket> {
    const socket = new UdpSocket(ctx, family);
    if (!socket.#sockets.mayUseUdp) return socketError('access-denied');
    return socket.#sockets.open(socket.#lifeline) ? ok(socket) : socketError('new-socket-limit');
  }

  startBind(address: IpSocketAddress): SocketResult<undefined> {
    if (this.#isBinding) return socketError('concurrency-conflict');
    if (this.#socket !== undefined) return socketError('invalid-state');
    if (!isOfFamily(address, this.family)) return socketError('invalid-argument');
    const endpoint = toEndpoint(address);
    if (!this.#sockets.mayUse(endpoint, 'bind')) return socketError('access-denied');
    const bound = openSocket(this.family, endpoint);
    if (bound.tag === 'err') return bound;
    this.#listenTo(bound.val);
    this.#isBinding = true;
    return OK;
  }

  finishBind(): SocketResult<undefined> {
    if (!this.#isBinding) return socketError('not-in-progress');
    this.#isBinding = false;
    return OK;
  }

  /** Traps while streams of an earlier call live. */
  stream(address: IpSocketAddress | undefined): StreamsResult | Promise<StreamsResult> {
    this.streams.assertChildless();
    const socket = this.#socket;
    if (socket === undefined || this.#isBinding) return socketError('invalid-state');
    if (address === undefined) {
      this.#disconnect(socket);
      return ok(this.#createStreams(socket));
    }
    if (!isOfFamily(address, this.family) || !isRemote(address)) return socketError('invalid-argument');
    const endpoint = toEndpoint(address);
    if (!this.#sockets.mayUse(endpoint, 'send')) return socketError('access-denied');
    return this.#connect(socket, endpoint);
  }

  localAddress(): SocketResult<IpSocketAddress> {
    return this.#socket === undefined ? socketError('invalid-state') : ok(toSocketAddress(this.#socket.address()));
  }

  remoteAddress(): SocketResult<IpSocketAddress> {
    return this.#remote === undefined ? socketError('invalid-state') : ok(toSocketAddress(this.#remote));
  }

  get hopLimit(): number {
    return this.#hopLimit ?? DEFAULT_HOP_LIMIT;
  }

  setHopLimit(hops: number): SocketResult<undefined> {
    if (hops === 0) return socketError('invalid-argument');
    this.#hopLimit = hops;
    return this.#applyOptions();
  }

  bufferSize(name: BufferName): SocketResult<bigint> {
    const socket = this.#socket;
    const set = this.#bufferBytes.get(name);
    if (socket === undefined) return set === undefined ? readDefaultBytes(this.family, name) : ok(BigInt(set));
    return ok(BigInt(readBytes(socket, name)));
  }

  setBufferSize(name: BufferName, bytes: bigint): SocketResult<undefined> {
    if (bytes === 0n) return socketError('invalid-argument');
    this.#bufferBytes.set(name, Math.min(Number(bytes), MOST_BUFFER_BYTES));
    return this.#applyOptions();
  }

  [Symbol.dispose](): void {
    this.children.assertChildless();
    this.streams.assertChildless();
    this.#close();
    this.#sockets.closed(this.#lifeline);
  }

  #close(): void {
    this.#queue[Symbol.dispose]();
    this.#socket?.close();
    this.#socket = undefined;
  }

  #listenTo(socket: Socket): void {
    this.#socket = socket;
    socket.on('error', (error) => this.#queue.fail(toSocketErrorCode(error)));
    socket.on('message', (bytes, { address, port }) => {
      const remote = { address, port };
      if (this.#sockets.mayUse(remote, 'receive')) this.#queue.push({ bytes, remote });
    });
    this.#applyOptions();
  }

  #applyOptions(): SocketResult<undefined> {
    const socket = this.#socket;
    if (socket === undefined) return OK;
    try {
      if (this.#hopLimit !== undefined) socket.setTTL(this.#hopLimit);
      for (const [name, bytes] of this.#bufferBytes) writeBytes(socket, name, bytes);
      return OK;
    } catch (error) {
      return socketError(toSocketErrorCode(error));
    }
  }

  #disconnect(socket: Socket): void {
    if (this.#remote === undefined) return;
    socket.disconnect();
    this.#remote = undefined;
  }

  /** Node tells in its next turn whether the kernel took the address. */
  async #connect(socket: Socket, remote: SocketEndpoint): Promise<StreamsResult> {
    this.#disconnect(socket);
    const connected = new Promise<SocketErrorCode | undefined>((resolve) => {
      socket.connect(remote.port, remote.address, (error?: Error) => {
        resolve(error instanceof Error ? toSocketErrorCode(error) : undefined);
      });
    });
    const code = await settle(this.#ctx, connected);
    if (code !== undefined) return socketError(code);
    this.#remote = remote;
    return ok(this.#createStreams(socket));
  }

  #createStreams(socket: Socket): Streams {
    const remote = this.#remote;
    const parent = this.streams;
    return [
      new IncomingDatagramStream(this.#queue, { remote, parent }),
      new OutgoingDatagramStream(socket, {
        remote,
        parent,
        held: this.#ctx.held,
        family: this.family,
        sockets: this.#sockets,
      }),
    ];
  }
}

type Streams = [IncomingDatagramStream, OutgoingDatagramStream];
type StreamsResult = SocketResult<Streams>;

/** Binds without waiting: an address needs no lookup. */
function openSocket(family: IpAddressFamily, { address, port }: SocketEndpoint): SocketResult<Socket> {
  const socket = createSocket({
    type: family === 'ipv4' ? 'udp4' : 'udp6',
    ipv6Only: family === 'ipv6',
    lookup: (name, _options, callback) => callback(null, name, family === 'ipv4' ? 4 : 6),
  });
  let code: SocketErrorCode | undefined;
  const onError = (error: Error): void => void (code = toSocketErrorCode(error));
  socket.on('error', onError);
  try {
    socket.bind({ address, port, exclusive: true });
  } catch (error) {
    code = toSocketErrorCode(error);
  }
  if (code === undefined) {
    socket.off('error', onError);
    return ok(socket);
  }
  socket.close();
  return socketError(code);
}

/** What a new socket has: only one that is bound can tell. */
function readDefaultBytes(family: IpAddressFamily, name: BufferName): SocketResult<bigint> {
  const opened = openSocket(family, unspecifiedOf(family));
  if (opened.tag === 'err') return opened;
  const bytes = readBytes(opened.val, name);
  opened.val.close();
  return ok(BigInt(bytes));
}

/** Linux doubles what is set, for its own bookkeeping, and tells the double. Source: socket(7). */
function readBytes(socket: Socket, name: BufferName): number {
  const bytes = name === 'receive' ? socket.getRecvBufferSize() : socket.getSendBufferSize();
  return process.platform === 'linux' ? bytes / 2 : bytes;
}

function writeBytes(socket: Socket, name: BufferName, bytes: number): void {
  if (name === 'receive') socket.setRecvBufferSize(bytes);
  else socket.setSendBufferSize(bytes);
}
