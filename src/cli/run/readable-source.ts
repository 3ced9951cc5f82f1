import type { Readable } from 'node:stream';
import type { ByteSource } from '../../io/byte-source.ts';
import { Wakers } from '../../io/readiness.ts';
import { CLOSED, type StreamError, failed } from '../../io/stream-error.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';

/** The bytes of a stream of Node, such as `process.stdin`, which is opened when the guest first looks: a program that reads nothing takes none of it. */
export class ReadableSource implements ByteSource {
  readonly #open: () => Readable;
  readonly #wakers = new Wakers();
  #stream: Readable | undefined;
  #end: StreamError | undefined;

  constructor(open: () => Readable) {
    this.#open = open;
  }

  read(maxBytes: number): Uint8Array | StreamError {
    const stream = this.#opened();
    const byteLength = Math.min(maxBytes, stream.readableLength);
    if (byteLength === 0) return this.#end ?? NO_BYTES;
    const bytes = stream.read(byteLength) as Buffer;
    askForMore(stream);
    return bytes;
  }

  isReady(): boolean {
    return this.#opened().readableLength > 0 || this.#end !== undefined;
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  #opened(): Readable {
    if (this.#stream !== undefined) return this.#stream;
    const stream = (this.#stream = this.#open());
    stream.on('readable', () => {
      askForMore(stream);
      this.#wakers.wake();
    });
    stream.on('end', () => this.#ended(CLOSED));
    stream.on('error', ({ message }) => this.#ended(failed(message)));
    stream.on('close', () => this.#ended(CLOSED));
    return stream;
  }

  #ended(end: StreamError): void {
    this.#end ??= end;
    this.#wakers.wake();
  }
}

/** If nothing is left, asks for what follows: without that a stream does not tell its end. */
function askForMore(stream: Readable): void {
  if (stream.readableLength === 0) stream.read(0);
}
