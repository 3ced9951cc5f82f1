import { BlobError, type BlobWriter } from '../../state/blobstore/blob-store.ts';
import { type Result, err, ok } from '../../util/result.ts';
import { OutputStream } from '../io/output-stream.ts';
import { Parent } from '../io/parent.ts';
import type { BlobCtx } from './ask-blobs.ts';
import { BlobSink } from './blob-sink.ts';
import type { OpenBlob } from './open-blobs.ts';

/** `outgoing-value` of `wasi:blobstore/types`. Dropped without `finish`, it leaves nothing. */
export class OutgoingValue implements Disposable {
  readonly #children = new Parent('outgoing-value');
  readonly #sink: BlobSink;
  #isWritten = false;
  #isGiven = false;
  #opened: OpenBlob<BlobWriter> | undefined;

  constructor(ctx: BlobCtx) {
    this.#sink = new BlobSink(ctx);
  }

  writeBody(): Result<OutputStream, undefined> {
    if (this.#isWritten) return err(undefined);
    this.#isWritten = true;
    return ok(new OutputStream(this.#sink, this.#children));
  }

  /** The value becomes the object that `open` opens. Rejects with `BlobError` if it has become another before. */
  async giveTo(open: () => Promise<OpenBlob<BlobWriter>>): Promise<void> {
    if (this.#isGiven) throw new BlobError('the value was given to write-data before');
    this.#isGiven = true;
    try {
      this.#opened = await open();
    } catch (error) {
      this.#isGiven = false;
      throw error;
    }
    this.#sink.writeTo(this.#opened.value);
  }

  /** Traps while the value's stream lives. */
  assertStreamDropped(): void {
    this.#children.assertChildless();
  }

  /** Resolves when the object is there. Rejects with what has kept it from that. Disposes the value. */
  async finish(): Promise<void> {
    try {
      if (this.#opened === undefined) throw new BlobError('container.write-data has not said where the value goes');
      await this.#sink.written();
      await this.#opened.value.finish();
    } finally {
      this.#end();
    }
  }

  [Symbol.dispose](): void {
    this.assertStreamDropped();
    this.#end();
  }

  #end(): void {
    this.#sink.end();
    this.#opened?.[Symbol.dispose]();
    this.#opened = undefined;
  }
}
