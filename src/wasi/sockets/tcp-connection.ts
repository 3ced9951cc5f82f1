import type { Socket } from 'node:net';
import { CLOSED } from '../../io/stream-error.ts';
import { UpstreamTcp } from '../../outbound/upstream/upstream-tcp.ts';
import type { HeldBytes } from '../../util/held-bytes.ts';
import type { SocketEndpoint } from './socket-address.ts';
import { connectionFailed, toSocketErrorCode } from './socket-error.ts';
import { TcpSink } from './tcp-sink.ts';
import { TcpSource } from './tcp-source.ts';

/** How far Node reads ahead of the guest. */
export const READ_AHEAD_BYTES = 16 * 1024;

/** WIT's `shutdown-type`. */
export type ShutdownType = 'receive' | 'send' | 'both';

/** The addresses of a connection: Node forgets them when the socket is closed. */
export interface SocketEnds {
  readonly local: SocketEndpoint;
  readonly remote: SocketEndpoint;
}

/** `undefined` if the peer has reset the connection already: then the kernel does not tell the peer's. */
export function endsOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): SocketEnds | undefined {
  if (localAddress === undefined || localPort === undefined) return undefined;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return { local: { address: localAddress, port: localPort }, remote: { address: remoteAddress, port: remotePort } };
}

/** An open TCP connection: a paused socket of Node's, seen as two streams. */
export class TcpConnection implements Disposable {
  readonly socket: Socket;
  readonly input: TcpSource;
  readonly output: TcpSink;
  readonly local: SocketEndpoint;
  readonly remote: SocketEndpoint;

  constructor(socket: Socket, { local, remote }: SocketEnds, held: HeldBytes) {
    this.socket = socket;
    this.local = local;
    this.remote = remote;
    this.input = new TcpSource(socket);
    this.output = new TcpSink(socket, held);
    socket.on('end', () => this.input.endWith(isReset(socket) ? connectionFailed('connection-reset') : CLOSED));
    socket.on('error', (error) => this.#break(error));
    socket.on('close', () => this.#close());
  }

  shutdown(how: ShutdownType): void {
    if (how !== 'send') this.input.shut();
    if (how !== 'receive') this.output.shut();
  }

  /** The guest lets go of it: what was written is still sent. */
  finish(): void {
    this.socket.destroySoon();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #break(error: NodeJS.ErrnoException): void {
    const failure = connectionFailed(toSocketErrorCode(error));
    this.input.endWith(failure);
    this.output.endWith(error.code === 'EPIPE' ? CLOSED : failure);
  }

  #close(): void {
    this.input.endWith(CLOSED);
    this.output.endWith(CLOSED);
  }
}

function isReset(socket: Socket): boolean {
  return socket instanceof UpstreamTcp && socket.isReset;
}
