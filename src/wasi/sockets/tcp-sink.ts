import type { Socket } from 'node:net';
import type { ByteSink } from '../../io/byte-sink.ts';
import { Wakers } from '../../io/readiness.ts';
import { CLOSED, type StreamError } from '../../io/stream-error.ts';
import { UpstreamTcp } from '../../outbound/upstream/upstream-tcp.ts';
import type { HeldBytes } from '../../util/held-bytes.ts';

/** How many bytes may wait for the kernel to take them; a guest that waits goes on when half of them are gone. */
const WINDOW_BYTES = 64 * 1024;

/** What a guest sends over a connection. Bytes that the kernel has not taken count as held by the request. */
export class TcpSink implements ByteSink {
  readonly #socket: Socket;
  readonly #held: HeldBytes;
  readonly #wakers = new Wakers();
  /** Bytes that the kernel has not taken yet. */
  #pendingBytes = 0;
  #isFlushing = false;
  #end: StreamError | undefined;

  constructor(socket: Socket, held: HeldBytes) {
    this.#socket = socket;
    this.#held = held;
  }

  budget(): number | StreamError {
    if (this.#end !== undefined) return this.#end;
    return this.#hasRoom() ? WINDOW_BYTES - this.#pendingBytes : 0;
  }

  write(bytes: Uint8Array): StreamError | undefined {
    if (this.#end !== undefined) return this.#end;
    const { byteLength } = bytes;
    if (byteLength === 0) return undefined;
    this.#held.take(byteLength);
    this.#pendingBytes += byteLength;
    this.#socket.write(bytes, () => this.#taken(byteLength));
    return undefined;
  }

  flush(): StreamError | undefined {
    if (this.#end !== undefined) return this.#end;
    this.#isFlushing = this.#pendingBytes > 0;
    return undefined;
  }

  /** Nothing can be written any more. */
  endWith(end: StreamError): void {
    this.#end ??= end;
    this.#wakers.wake();
  }

  /** The guest writes nothing more: the peer reads all that was written, then the end. */
  shut(): void {
    this.endWith(CLOSED);
    this.#socket.end();
  }

  isReady(): boolean {
    return this.#end !== undefined || this.#hasRoom();
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  #hasRoom(): boolean {
    return !this.#isFlushing && this.#pendingBytes <= WINDOW_BYTES / 2;
  }

  /** Also called for what was given up. */
  #taken(byteLength: number): void {
    this.#held.giveBack(byteLength);
    this.#pendingBytes -= byteLength;
    if (this.#pendingBytes === 0) this.#isFlushing = false;
    if (this.#socket instanceof UpstreamTcp && this.#socket.isGone) this.#end ??= CLOSED;
    if (this.isReady()) this.#wakers.wake();
  }
}
