import { BlobError, type BlobReader } from '../../state/blobstore/blob-store.ts';
import { Charge } from '../../util/held-bytes.ts';
import { toLimitName } from '../../util/limits.ts';
import { InputStream } from '../io/input-stream.ts';
import type { BlobCtx } from './ask-blobs.ts';
import { BlobSource } from './blob-source.ts';
import type { OpenBlob } from './open-blobs.ts';

/** `incoming-value` of `wasi:blobstore/types`. */
export class IncomingValue implements Disposable {
  readonly byteLength: number;
  readonly #ctx: BlobCtx;
  #opened: OpenBlob<BlobReader> | undefined;

  /** Takes over what is open. */
  constructor(ctx: BlobCtx, opened: OpenBlob<BlobReader>) {
    this.#ctx = ctx;
    this.#opened = opened;
    this.byteLength = opened.value.byteLength;
  }

  /** The stream has what is open from now on. */
  toStream(): InputStream {
    const source = new BlobSource(this.#ctx, this.#take());
    return new InputStream(source, undefined, source);
  }

  /** Rejects with `BlobError` if these are more bytes than one call may give. */
  async readAll(): Promise<Uint8Array> {
    using opened = this.#take();
    const max = this.#ctx.limits.maxBlobBufferBytes;
    if (this.byteLength > max) throw new BlobError(describeTooLargeAtOnce(this.byteLength, max));
    using charge = new Charge(this.#ctx.held);
    charge.resize(this.byteLength);
    const bytes = new Uint8Array(this.byteLength);
    let offset = 0;
    for (let left = this.byteLength; left > 0; left = this.byteLength - offset) {
      const piece = await opened.value.read(left);
      if (piece === undefined) throw new BlobError('the value is shorter than its size');
      bytes.set(piece, offset);
      offset += piece.byteLength;
    }
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#opened?.[Symbol.dispose]();
    this.#opened = undefined;
  }

  #take(): OpenBlob<BlobReader> {
    const opened = this.#opened;
    if (opened === undefined) throw new BlobError('the value was consumed before');
    this.#opened = undefined;
    return opened;
  }
}

function describeTooLargeAtOnce(byteLength: number, max: number): string {
  return `the value has ${byteLength} bytes, and consume-sync gives ${max} (--limit ${toLimitName('maxBlobBufferBytes')}): use consume-async`;
}
