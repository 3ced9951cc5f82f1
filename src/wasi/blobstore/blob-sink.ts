import type { ByteSink } from '../../io/byte-sink.ts';
import { Wakers } from '../../io/readiness.ts';
import { type StreamError, failed } from '../../io/stream-error.ts';
import { BlobError, type BlobWriter } from '../../state/blobstore/blob-store.ts';
import { Charge } from '../../util/held-bytes.ts';
import { toLimitName } from '../../util/limits.ts';
import { type BlobCtx, describeFailure } from './ask-blobs.ts';

/**
 * The bytes of an object that is being written: kept in memory until it is known where they go, then handed to the store one piece after the other, as fast as
 * that takes them.
 */
export class BlobSink implements ByteSink {
  readonly #ctx: BlobCtx;
  readonly #charge: Charge;
  readonly #wakers = new Wakers();
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #takenBytes = 0;
  #writer: BlobWriter | undefined;
  #writing: Promise<void> | undefined;
  #isFlushing = false;
  #failure: string | undefined;

  constructor(ctx: BlobCtx) {
    this.#ctx = ctx;
    this.#charge = new Charge(ctx.held);
  }

  budget(): number | StreamError {
    const { maxBufferedWrites, maxWriteBytes, maxBlobBufferBytes } = this.#ctx.limits;
    if (this.#failure !== undefined) return failed(this.#failure);
    if (this.#writer !== undefined)
      return this.#isFlushing || this.#queue.length >= maxBufferedWrites ? 0 : maxWriteBytes;
    // One byte too many is an error, for which the guest must not have to wait.
    return Math.min(maxWriteBytes, Math.max(1, maxBlobBufferBytes - this.#queuedBytes));
  }

  write(bytes: Uint8Array): StreamError | undefined {
    const { maxObjectBytes, maxBlobBufferBytes } = this.#ctx.limits;
    if (this.#failure !== undefined) return failed(this.#failure);
    if (bytes.byteLength === 0) return undefined;
    this.#takenBytes += bytes.byteLength;
    if (this.#takenBytes > maxObjectBytes) return this.#fail(describeTooLarge(maxObjectBytes));
    if (this.#writer === undefined && this.#takenBytes > maxBlobBufferBytes) {
      return this.#fail(describeTooLargeToKeep(maxBlobBufferBytes));
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.byteLength;
    this.#recharge();
    this.#writeSoon();
    return undefined;
  }

  /** Done when the store has taken all; while there is none, immediately. */
  flush(): StreamError | undefined {
    if (this.#failure !== undefined) return failed(this.#failure);
    this.#isFlushing = this.#writing !== undefined;
    return undefined;
  }

  isReady(): boolean {
    return this.budget() !== 0;
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  /** Where the bytes go. */
  writeTo(writer: BlobWriter): void {
    this.#writer = writer;
    this.#writeSoon();
    this.#wakers.wake();
  }

  /** Resolves when the store has taken all. Rejects with `BlobError` if it has not. */
  async written(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw new BlobError(this.#failure);
  }

  /** Nothing more is written. */
  end(): void {
    this.#failure ??= 'the value was dropped';
    this.#queue.length = 0;
    this.#charge[Symbol.dispose]();
  }

  #writeSoon(): void {
    if (this.#writer !== undefined && this.#queue.length > 0) this.#writing ??= this.#writeAll(this.#writer);
  }

  async #writeAll(writer: BlobWriter): Promise<void> {
    for (let bytes = this.#queue[0]; bytes !== undefined; bytes = this.#queue[0]) {
      const error = await writer.write(bytes).then(
        () => undefined,
        (thrown: unknown) => ({ thrown }),
      );
      // The value was dropped meanwhile.
      if (this.#failure !== undefined) break;
      if (error !== undefined) {
        this.#fail(describeFailure(this.#ctx, error.thrown));
        break;
      }
      this.#queue.shift();
      this.#queuedBytes -= bytes.byteLength;
      this.#recharge();
      if (!this.#isFlushing) this.#wakers.wake();
    }
    this.#writing = undefined;
    this.#isFlushing = false;
    this.#wakers.wake();
  }

  #recharge(): void {
    this.#charge.resize(this.#queuedBytes + (this.#writer?.heldBytes ?? 0));
  }

  #fail(message: string): StreamError {
    this.end();
    this.#failure = message;
    return failed(message);
  }
}

function describeTooLarge(max: number): string {
  return `the object may have ${max} bytes (--limit ${toLimitName('maxObjectBytes')})`;
}

function describeTooLargeToKeep(max: number): string {
  const limit = toLimitName('maxBlobBufferBytes');
  return `a value has at most ${max} bytes before container.write-data says where it goes (--limit ${limit})`;
}
