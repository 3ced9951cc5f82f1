import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * A TCP connection as the stream under a TLS socket.
 *
 * Node's TLS ends in the same way whether its peer said so (`close_notify`) or somebody cut the connection, and looks through a `Socket` at
 * the descriptor below. Through this one it sees bytes only, and whether they had ended first can be asked (`readableEnded`).
 */
export class TlsTransport extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    // TLS may write after it was told of the end, and ends this side by itself.
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
