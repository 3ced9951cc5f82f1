import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * A TCP connection as the stream under a TLS socket.
 *
 * Node's TLS ends in the same way whether its peer sent `close_notify` or the connection was cut, and reaches through a `Socket` to its descriptor.
 * Through this stream it sees only bytes, and `readableEnded` tells whether they had ended first.
 */
export class TlsTransport extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    // TLS may still write after the peer's end, and ends this side itself.
    super({ allowHalfOpen: true, decodeStrings: false });
    this.#socket = socket;
    socket.on('data', (bytes) => this.push(bytes) || socket.pause());
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, written: (error?: Error | null) => void): void {
    if (this.#socket.writable) this.#socket.write(chunk, written);
    else written();
  }

  override _writev(chunks: { chunk: Uint8Array }[], written: (error?: Error | null) => void): void {
    if (!this.#socket.writable) return written();
    this.#socket.cork();
    const last = chunks.length - 1;
    for (const [index, { chunk }] of chunks.entries()) {
      if (index < last) this.#socket.write(chunk);
      else this.#socket.write(chunk, written);
    }
    this.#socket.uncork();
  }

  override _final(finished: () => void): void {
    if (this.#socket.writable) this.#socket.end(finished);
    else finished();
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    this.#socket.destroy();
    destroyed(error);
  }
}
