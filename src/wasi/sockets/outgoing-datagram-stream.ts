import type { Socket } from 'node:dgram';
import { type Readiness, Wakers } from '../../io/readiness.ts';
import type { HeldBytes } from '../../util/held-bytes.ts';
import { ok } from '../../util/result.ts';
import { trapIf } from '../../util/trap.ts';
import { Parent } from '../io/parent.ts';
import { settle } from '../settle.ts';
import type { WasiCtx } from '../wasi-ctx.ts';
import type { IpAddressFamily } from './network.ts';
import type { RequestSockets } from './request-sockets.ts';
import {
  type SocketEndpoint,
  type IpSocketAddress,
  isOfFamily,
  isRemote,
  isSameEndpoint,
  toEndpoint,
} from './socket-address.ts';
import { type SocketErrorCode, type SocketResult, socketError, toSocketErrorCode } from './socket-error.ts';

/** As many as wasmtime permits. */
const MAX_DATAGRAMS = 16;
const MAX_DATAGRAM_BYTES = 65_535;

/** WIT's `outgoing-datagram`. */
export interface OutgoingDatagram {
  readonly data: Uint8Array;
  readonly remoteAddress: IpSocketAddress | undefined;
}

interface SendOptions {
  /** To whom the socket is connected. */
  readonly remote: SocketEndpoint | undefined;
  readonly parent: Parent;
  readonly held: HeldBytes;
  readonly family: IpAddressFamily;
  readonly sockets: RequestSockets;
}

/** `outgoing-datagram-stream` of `wasi:sockets/udp`. Datagrams that the kernel has not taken count as held by the request. */
export class OutgoingDatagramStream implements Readiness, Disposable {
  readonly children = new Parent('outgoing-datagram-stream');
  readonly #socket: Socket;
  readonly #options: SendOptions;
  readonly #wakers = new Wakers();
  #parent: Parent | undefined;
  /** Datagrams that the kernel has not taken. */
  #pending = 0;
  #permitted = 0;

  constructor(socket: Socket, options: SendOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#parent = options.parent.adopt();
  }

  /** How many datagrams `send` takes now. */
  checkSend(): bigint {
    this.#permitted = MAX_DATAGRAMS - this.#pending;
    return BigInt(this.#permitted);
  }

  /**
   * Sends until one cannot be sent. Returns how many were, or why the first was not. Traps if there are more than `checkSend` permits. Node tells of failures
   * at the end of its turn, so it waits for that.
   */
  send(ctx: WasiCtx, datagrams: readonly OutgoingDatagram[]): SocketResult<bigint> | Promise<SocketResult<bigint>> {
    if (datagrams.length === 0) return ok(0n);
    trapIf(
      datagrams.length > this.#permitted,
      `outgoing-datagram-stream.send: ${datagrams.length} datagrams, but check-send permits ${this.#permitted}`,
    );
    this.#permitted = 0;
    const failures: (SocketErrorCode | undefined)[] = [];
    for (const datagram of datagrams) {
      const to = this.#check(datagram);
      if (to.tag === 'err') {
        failures.push(to.val);
        break;
      }
      const index = failures.push(undefined) - 1;
      this.#post(
        datagram.data,
        to.val,
        (error) => void (failures[index] = error === null ? undefined : toSocketErrorCode(error)),
      );
    }
    const toldAll = new Promise<void>((resolve) => process.nextTick(resolve));
    return settle(ctx, toldAll).then(() => countSent(failures));
  }

  isReady(): boolean {
    return this.#pending < MAX_DATAGRAMS;
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  [Symbol.dispose](): void {
    this.children.assertChildless();
    this.#parent?.release();
    this.#parent = undefined;
  }

  /** To whom it goes; `undefined` if that is who the socket is connected to. */
  #check({ data, remoteAddress }: OutgoingDatagram): SocketResult<SocketEndpoint | undefined> {
    const { remote, family, sockets } = this.#options;
    if (data.byteLength > MAX_DATAGRAM_BYTES) return socketError('datagram-too-large');
    if (remoteAddress === undefined) return remote === undefined ? socketError('invalid-argument') : ok(undefined);
    if (!isRemote(remoteAddress) || !isOfFamily(remoteAddress, family)) return socketError('invalid-argument');
    const endpoint = toEndpoint(remoteAddress);
    if (remote !== undefined) return isSameEndpoint(remote, endpoint) ? ok(undefined) : socketError('invalid-argument');
    return sockets.mayUse(endpoint, 'send') ? ok(endpoint) : socketError('access-denied');
  }

  #post(data: Uint8Array, to: SocketEndpoint | undefined, tell: (error: Error | null) => void): void {
    const { held } = this.#options;
    const { byteLength } = data;
    held.take(byteLength);
    this.#pending += 1;
    const sent = (error: Error | null): void => {
      held.giveBack(byteLength);
      this.#pending -= 1;
      tell(error);
      this.#wakers.wake();
    };
    if (to === undefined) this.#socket.send(data, sent);
    else this.#socket.send(data, to.port, to.address, sent);
  }
}

/** How many datagrams were sent before the first that was not, or why that was the very first. */
function countSent(failures: readonly (SocketErrorCode | undefined)[]): SocketResult<bigint> {
  const [first] = failures;
  if (first !== undefined) return socketError(first);
  const failed = failures.findIndex((code) => code !== undefined);
  return ok(BigInt(failed === -1 ? failures.length : failed));
}
