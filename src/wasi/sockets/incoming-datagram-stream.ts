import type { Readiness } from '../../io/readiness.ts';
import { ok } from '../../util/result.ts';
import { Parent } from '../io/parent.ts';
import type { DatagramQueue } from './datagram-queue.ts';
import { type SocketEndpoint, type IpSocketAddress, isSameEndpoint, toSocketAddress } from './socket-address.ts';
import { type SocketResult, socketError } from './socket-error.ts';

/** As many as wasmtime gives in one call, and bytes after which it stops. */
const MAX_DATAGRAMS = 16;
const MAX_BYTES = 64 * 1024;

/** WIT's `incoming-datagram`. */
export interface IncomingDatagram {
  readonly data: Uint8Array;
  readonly remoteAddress: IpSocketAddress;
}

/** `incoming-datagram-stream` of `wasi:sockets/udp`. With a remote address, what others have sent is skipped, also what has arrived before. */
export class IncomingDatagramStream implements Readiness, Disposable {
  readonly children = new Parent('incoming-datagram-stream');
  readonly #queue: DatagramQueue;
  readonly #remote: SocketEndpoint | undefined;
  #parent: Parent | undefined;

  constructor(queue: DatagramQueue, { remote, parent }: { remote: SocketEndpoint | undefined; parent: Parent }) {
    this.#queue = queue;
    this.#remote = remote;
    this.#parent = parent.adopt();
  }

  /** What is there. An error only if there is nothing else. */
  receive(maxResults: bigint): SocketResult<IncomingDatagram[]> {
    const most = maxResults < BigInt(MAX_DATAGRAMS) ? Number(maxResults) : MAX_DATAGRAMS;
    const datagrams: IncomingDatagram[] = [];
    for (let bytes = 0; datagrams.length < most && bytes < MAX_BYTES;) {
      const datagram = this.#queue.take();
      if (datagram === undefined) break;
      if (this.#remote !== undefined && !isSameEndpoint(this.#remote, datagram.remote)) continue;
      bytes += datagram.bytes.byteLength + 1;
      datagrams.push({ data: toPlain(datagram.bytes), remoteAddress: toSocketAddress(datagram.remote) });
    }
    const failure = datagrams.length === 0 && most > 0 ? this.#queue.takeFailure() : undefined;
    return failure === undefined ? ok(datagrams) : socketError(failure);
  }

  isReady(): boolean {
    return this.#queue.isReady();
  }

  onReady(wake: () => void): void {
    this.#queue.onReady(wake);
  }

  offReady(wake: () => void): void {
    this.#queue.offReady(wake);
  }

  [Symbol.dispose](): void {
    this.children.assertChildless();
    this.#parent?.release();
    this.#parent = undefined;
  }
}

/** Node's `Buffer` overrides methods of `Uint8Array`, whose behaviour guests' bindings rely on. */
function toPlain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
