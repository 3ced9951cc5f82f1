import type { ByteSource } from '../../io/byte-source.ts';
import { Parent } from './parent.ts';
import type { Readiness } from '../../io/readiness.ts';
import { CLOSED, type StreamError } from '../../io/stream-error.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';

/** `input-stream` of `wasi:io/streams`. Traps when dropped before its pollables; tells its own parent when it goes. */
export class InputStream implements Readiness {
  readonly children = new Parent('input-stream');
  readonly #source: ByteSource;
  readonly #owned: Disposable | undefined;
  #parent: Parent | undefined;
  #end: StreamError | undefined;

  /** `owned` is disposed with the stream. */
  constructor(source: ByteSource, parent?: Parent, owned?: Disposable) {
    this.#source = source;
    this.#owned = owned;
    this.#parent = parent?.adopt();
  }

  /** What is there, up to `len` bytes and to `mostBytes`. A failure is told once, afterwards the stream is closed. */
  read(len: bigint, mostBytes: number): Uint8Array | StreamError {
    if (this.#end !== undefined) return this.#end;
    const maxBytes = len < mostBytes ? Number(len) : mostBytes;
    if (maxBytes === 0) return NO_BYTES;
    const bytes = this.#source.read(maxBytes);
    if (!(bytes instanceof Uint8Array)) this.#end = CLOSED;
    return bytes;
  }

  isReady(): boolean {
    return this.#end !== undefined || this.#source.isReady();
  }

  onReady(wake: () => void): void {
    this.#source.onReady(wake);
  }

  offReady(wake: () => void): void {
    this.#source.offReady(wake);
  }

  [Symbol.dispose](): void {
    this.children.assertChildless();
    this.#parent?.release();
    this.#parent = undefined;
    this.#owned?.[Symbol.dispose]();
  }
}
