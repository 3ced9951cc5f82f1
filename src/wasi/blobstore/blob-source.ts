import type { ByteSource } from '../../io/byte-source.ts';
import { Wakers } from '../../io/readiness.ts';
import { CLOSED, type StreamError, failed } from '../../io/stream-error.ts';
import type { BlobReader } from '../../state/blobstore/blob-store.ts';
import { Charge } from '../../util/held-bytes.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';
import { type BlobCtx, describeFailure } from './ask-blobs.ts';
import type { OpenBlob } from './open-blobs.ts';

/** What is read ahead of the guest. */
const BUFFER_BYTES = 128 * 1024;

type State =
  | { readonly at: 'idle' }
  | { readonly at: 'reading' }
  | { readonly at: 'read'; readonly bytes: Uint8Array }
  | { readonly at: 'ended'; readonly end: StreamError };

/** The bytes of an object as a stream: one piece ahead of the guest, and no more. */
export class BlobSource implements ByteSource, Disposable {
  readonly #ctx: BlobCtx;
  readonly #opened: OpenBlob<BlobReader>;
  readonly #charge: Charge;
  readonly #wakers = new Wakers();
  #state: State = { at: 'idle' };

  /** Takes over what is open. */
  constructor(ctx: BlobCtx, opened: OpenBlob<BlobReader>) {
    this.#ctx = ctx;
    this.#opened = opened;
    this.#charge = new Charge(ctx.held);
  }

  read(maxBytes: number): Uint8Array | StreamError {
    if (!this.isReady()) return NO_BYTES;
    if (this.#state.at === 'ended') return this.#state.end;
    if (this.#state.at !== 'read') return NO_BYTES;
    const { bytes } = this.#state;
    const taken = bytes.subarray(0, maxBytes);
    const rest = bytes.subarray(taken.byteLength);
    this.#state = rest.byteLength > 0 ? { at: 'read', bytes: rest } : { at: 'idle' };
    return taken;
  }

  /** Begins to read if nothing is there: whoever asks wants bytes. */
  isReady(): boolean {
    if (this.#state.at === 'idle') {
      this.#charge.resize(BUFFER_BYTES);
      void this.#fill();
    }
    return this.#state.at !== 'reading';
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  /** The guest has dropped the stream. */
  [Symbol.dispose](): void {
    this.#end(CLOSED);
  }

  async #fill(): Promise<void> {
    this.#state = { at: 'reading' };
    const end = await this.#readPiece();
    if (end !== undefined) this.#end(end);
    this.#wakers.wake();
  }

  /** Gives the stream's end, if this is it. What fails because the stream was dropped is no failure. */
  async #readPiece(): Promise<StreamError | undefined> {
    try {
      const bytes = await this.#opened.value.read(BUFFER_BYTES);
      if (bytes === undefined) return CLOSED;
      if (this.#state.at === 'reading') this.#state = { at: 'read', bytes };
      return undefined;
    } catch (error) {
      return this.#state.at === 'reading' ? failed(describeFailure(this.#ctx, error)) : undefined;
    }
  }

  #end(end: StreamError): void {
    this.#state = { at: 'ended', end };
    this.#charge[Symbol.dispose]();
    this.#opened[Symbol.dispose]();
  }
}
