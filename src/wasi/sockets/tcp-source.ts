import type { Socket } from 'node:net';
import type { ByteSource } from '../../io/byte-source.ts';
import { Wakers } from '../../io/readiness.ts';
import { CLOSED, type StreamError } from '../../io/stream-error.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';

/**
 * What arrives on a connection. Nothing is read from the kernel before the guest asks for it; then Node reads ahead up to the socket's high-water mark, and
 * the peer waits when the kernel's buffer is full too.
 */
export class TcpSource implements ByteSource {
  readonly #socket: Socket;
  readonly #wakers = new Wakers();
  #isReading = false;
  #end: StreamError | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  read(maxBytes: number): Uint8Array | StreamError {
    this.#start();
    const { readableLength } = this.#socket;
    if (readableLength === 0) return this.#end ?? NO_BYTES;
    const bytes = this.#socket.read(Math.min(maxBytes, readableLength)) as Uint8Array | null;
    // After exactly what was there Node tells nothing of an end that has come already, until more is asked for.
    if (this.#socket.readableLength === 0) this.#socket.read(0);
    return bytes === null ? NO_BYTES : toPlain(bytes);
  }

  /** The connection has ended: `end` follows what has arrived before. */
  endWith(end: StreamError): void {
    this.#end ??= end;
    this.#wakers.wake();
  }

  /** The guest does not want the rest. */
  shut(): void {
    this.#socket.read();
    this.endWith(CLOSED);
  }

  isReady(): boolean {
    this.#start();
    return this.#socket.readableLength > 0 || this.#end !== undefined;
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  #start(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#socket.on('readable', () => {
      if (this.#socket.readableLength > 0) this.#wakers.wake();
      // Node tells of the end only when more is asked for.
      else this.#socket.read(0);
    });
  }
}

/** Node's `Buffer` overrides methods of `Uint8Array`, whose behaviour guests' bindings rely on. */
function toPlain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
