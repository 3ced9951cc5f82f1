import type { ByteSink } from '../io/byte-sink.ts';
import { HeldBytes, type Holder } from '../util/held-bytes.ts';
import { DEFAULT_LIMITS, type RequestLimits } from '../util/limits.ts';
import { type Readiness, Wakers } from '../io/readiness.ts';
import { CLOSED, type StreamError } from '../io/stream-error.ts';
import type { ErrorCode } from './error-code.ts';
import type { FieldEntries } from './field-entries.ts';
import { bodyFailed } from './http-cause.ts';

/** What the reader of a body gets: bytes, a clean end with trailers, an abort, or nothing yet. */
export type Piece =
  | { readonly at: 'bytes'; readonly bytes: Uint8Array }
  | { readonly at: 'pending' }
  | { readonly at: 'finished'; readonly trailers: FieldEntries | undefined }
  | { readonly at: 'aborted'; readonly reason: string };

/** The limits on writes, and the account that pays for them. */
interface Writer extends Pick<Holder, 'held'> {
  readonly limits: Pick<RequestLimits, 'maxWriteBytes' | 'maxBufferedWrites'>;
}

/** The memory that a piece takes besides its bytes: the array, its buffer, the place in a queue. */
export const PIECE_OVERHEAD_BYTES = 256;
/** The budget of a body that is being sent while its request holds much: enough to keep the wire busy. */
const TIGHT_WRITE_BYTES = 64 * 1024;

const PENDING: Piece = Object.freeze({ at: 'pending' });

/** Whether a body's writing side has ended, and how. */
type WriteEnd = Piece & { readonly at: 'pending' | 'finished' | 'aborted' };

/**
 * The bytes of an outgoing body on their way from the guest to the wire: a short, bounded queue.
 *
 * The guest's side is a `ByteSink`, which `finish` or `abort` ends; the host's side is `next` and `readable`. The reader asks for a piece only when
 * the wire takes more, so a slow wire makes the budget 0 and the guest wait. Queued bytes count as held by the request until the wire has taken them.
 * If the request holds much, a body that is being sent has room for a single small write, available as soon as the wire has taken the one before. A
 * body that is not being sent keeps its usual room, since nothing would ever make more: a write beyond the limit traps.
 */
export class OutgoingBytes implements ByteSink, Disposable {
  #writer: Writer;
  readonly #contentLength: bigint | undefined;
  readonly #overrun: (written: bigint) => ErrorCode;
  readonly #queue: Uint8Array[] = [];
  readonly #readerWakers = new Wakers();
  readonly #writerWakers = new Wakers();
  #reader: 'none' | 'reading' | 'idle' | 'gone' = 'none';
  #end: WriteEnd = PENDING as WriteEnd;
  /** Whether it has an account of its own, which is closed with it. */
  #ownsAccount = false;
  #flushing = false;
  #written = 0n;
  /** The bytes of the queue, and of the piece that the wire has not taken yet. */
  #heldBytes = 0;
  #lastHeldBytes = 0;

  /**
   * `contentLength` is the length declared in the head, if any; `overrun` makes the error code for a body of the wrong length. Closing the account of
   * `writer` releases everything held.
   */
  constructor(
    contentLength: bigint | undefined,
    overrun: (written: bigint) => ErrorCode,
    writer: Writer = { limits: DEFAULT_LIMITS, held: new HeldBytes(DEFAULT_LIMITS.maxHeldBytes) },
  ) {
    this.#writer = writer;
    this.#contentLength = contentLength;
    this.#overrun = overrun;
    writer.held.register(this);
  }

  /** Ready when `next` would return something. */
  get readable(): Readiness {
    return this.#readerWakers.toReadiness(() => this.#queue.length > 0 || this.#end.at !== 'pending');
  }

  /** Ready when the body has been aborted. */
  get broken(): Readiness {
    return this.#readerWakers.toReadiness(() => this.#end.at === 'aborted');
  }

  /** The length declared in the head. */
  get contentLength(): bigint | undefined {
    return this.#contentLength;
  }

  /** Whether the whole body is queued: it is finished, has no trailers, and nothing has been taken yet. */
  get isWhole(): boolean {
    return this.#reader === 'none' && this.#end.at === 'finished' && this.#end.trailers === undefined;
  }

  /** How many bytes are queued. Only valid if nothing has been taken yet. */
  get queuedBytes(): number {
    return this.#queue.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  budget(): number | StreamError {
    if (this.#reader === 'gone' || this.#end.at !== 'pending') return CLOSED;
    const { limits, held } = this.#writer;
    if (this.#flushing || this.#queue.length >= limits.maxBufferedWrites) return 0;
    if (this.#reader === 'none' || !held.isTight) return limits.maxWriteBytes;
    return this.#queue.length > 0 ? 0 : Math.min(limits.maxWriteBytes, TIGHT_WRITE_BYTES);
  }

  isReady(): boolean {
    return this.budget() !== 0;
  }

  onReady(wake: () => void): void {
    this.#writerWakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#writerWakers.remove(wake);
  }

  /** A write beyond the declared length is refused as a whole, so that no excess byte is passed on. */
  write(bytes: Uint8Array): StreamError | undefined {
    const written = this.#written + BigInt(bytes.byteLength);
    if (this.#contentLength !== undefined && written > this.#contentLength) {
      this.#written = written;
      this.abort(`the body is longer than its content-length, ${this.#contentLength}`);
      return bodyFailed('the body is longer than its content-length', this.#overrun(written));
    }
    this.#written = written;
    this.#writer.held.take(bytes.byteLength + PIECE_OVERHEAD_BYTES);
    this.#heldBytes += bytes.byteLength + PIECE_OVERHEAD_BYTES;
    this.#queue.push(bytes);
    this.#readerWakers.wake();
    return undefined;
  }

  /** Completes when the reader has taken everything and asks for more. Before there is a reader, there is nothing to wait for. */
  flush(): StreamError | undefined {
    if (this.#reader === 'gone') return CLOSED;
    this.#flushing = this.#reader === 'reading' || (this.#reader === 'idle' && this.#queue.length > 0);
    return undefined;
  }

  /**
   * The guest's clean end; `heldBytes` were taken for the trailers. If the number of bytes differs from the declared length, aborts the body and
   * returns the error code.
   */
  finish(trailers: FieldEntries | undefined, heldBytes = 0): ErrorCode | undefined {
    if (this.#reader === 'gone' || this.#end.at !== 'pending') this.#writer.held.giveBack(heldBytes);
    else this.#heldBytes += heldBytes;
    if (this.#contentLength !== undefined && this.#written !== this.#contentLength) {
      this.abort(`the body has ${this.#written} bytes, but its content-length is ${this.#contentLength}`);
      return this.#overrun(this.#written);
    }
    if (this.#end.at === 'pending') this.#endWith({ at: 'finished', trailers });
    return undefined;
  }

  /** Ends the body abnormally: it must not look complete on the wire. */
  abort(reason: string): void {
    if (this.#end.at === 'pending') this.#endWith({ at: 'aborted', reason });
  }

  /** The host's side: returns the next piece. The call implies that the wire has taken all previous ones. */
  next(): Piece {
    if (this.#reader === 'gone') return this.#end;
    this.#giveBack(this.#lastHeldBytes);
    const bytes = this.#queue.shift();
    this.#lastHeldBytes = bytes === undefined ? 0 : bytes.byteLength + PIECE_OVERHEAD_BYTES;
    this.#reader = bytes === undefined ? 'idle' : 'reading';
    if (bytes === undefined) this.#flushing = false;
    this.#writerWakers.wake();
    return bytes === undefined ? this.#end : { at: 'bytes', bytes };
  }

  /** The host's side: there is no reader any more. The guest's writes return `closed`. */
  leave(): void {
    if (this.#reader === 'gone') return;
    this.#reader = 'gone';
    this.#queue.length = 0;
    this.#lastHeldBytes = 0;
    this.#giveBack(this.#heldBytes);
    this.#writer.held.unregister(this);
    if (this.#ownsAccount) this.#writer.held[Symbol.dispose]();
    this.#flushing = false;
    this.#writerWakers.wake();
  }

  /** The guest has returned and the reader is still taking the rest, which moves to an account of its own that the request's end does not close. */
  outlive(): void {
    if (this.#reader === 'gone' || this.#ownsAccount) return;
    const { limits, held } = this.#writer;
    this.#writer = { limits, held: held.split(this, this.#heldBytes) };
    this.#ownsAccount = true;
  }

  /** The request is over. The rest of its body will never be taken, and the reader must learn that it is incomplete. */
  [Symbol.dispose](): void {
    if (this.#reader !== 'gone' && (this.#queue.length > 0 || this.#end.at === 'pending')) {
      this.#end = { at: 'aborted', reason: this.#writer.held.trap?.message ?? 'the request is over' };
      this.#readerWakers.wake();
    }
    this.leave();
  }

  #giveBack(bytes: number): void {
    this.#heldBytes -= bytes;
    if (bytes > 0) this.#writer.held.giveBack(bytes);
  }

  #endWith(end: WriteEnd): void {
    this.#end = end;
    if (end.at === 'aborted') {
      this.#queue.length = 0;
      this.#giveBack(this.#heldBytes - this.#lastHeldBytes);
    }
    this.#readerWakers.wake();
    this.#writerWakers.wake();
  }
}
