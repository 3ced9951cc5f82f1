import type { ByteSink } from '../io/byte-sink.ts';
import { HeldBytes, type Holder } from '../util/held-bytes.ts';
import { DEFAULT_LIMITS, type RequestLimits } from '../util/limits.ts';
import { type Readiness, Wakers } from '../io/readiness.ts';
import { CLOSED, type StreamError } from '../io/stream-error.ts';
import type { ErrorCode } from './error-code.ts';
import type { FieldEntries } from './field-entries.ts';
import { bodyFailed } from './http-cause.ts';

/** What the reader of a body finds: bytes, a clean end with its trailers, a break, or nothing yet. */
export type Piece =
  | { readonly at: 'bytes'; readonly bytes: Uint8Array }
  | { readonly at: 'pending' }
  | { readonly at: 'finished'; readonly trailers: FieldEntries | undefined }
  | { readonly at: 'aborted'; readonly reason: string };

/** What bounds the writes, and whose they are. */
interface Writer extends Pick<Holder, 'held'> {
  readonly limits: Pick<RequestLimits, 'maxWriteBytes' | 'maxBufferedWrites'>;
}

/** What a piece takes beside its bytes: their array, its buffer, its place in a queue. */
export const PIECE_OVERHEAD_BYTES = 256;
/** One write to a body that is being sent, when its request has the host hold much: enough to keep a wire busy. */
const TIGHT_WRITE_BYTES = 64 * 1024;

const PENDING: Piece = Object.freeze({ at: 'pending' });

/** How a body's writing side ended, or that it has not. */
type WriteEnd = Piece & { readonly at: 'pending' | 'finished' | 'aborted' };

/**
 * The bytes of an outgoing body on their way from the guest to the wire: a short bounded queue.
 *
 * The guest's side is a `ByteSink`, to which `finish` and `abort` put an end; the host's side is `next` and `readable`.
 * The reader asks for a piece only when the wire takes more, so a slow wire makes the budget 0 and the guest wait. What is held counts as
 * the request's, until the wire has taken it: when that is much, a body that is being sent has room for a single small write, which it gets as
 * soon as the wire has taken the one before. One that is not being sent has its usual room, since nobody would ever make any: there the write
 * traps.
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
  /** Whether its account is its own, and closed with it. */
  #ownsAccount = false;
  #flushing = false;
  #written = 0n;
  /** Of the queue, and of the piece that the wire has not taken yet. */
  #heldBytes = 0;
  #lastHeldBytes = 0;

  /**
   * `contentLength` as declared in the head, if it is; `overrun` makes the error code for a body of a wrong length. It lets go of what it
   * holds when the account of `writer` is closed.
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

  /** Ready when `next` would give something. */
  get readable(): Readiness {
    return this.#readerWakers.toReadiness(() => this.#queue.length > 0 || this.#end.at !== 'pending');
  }

  /** Ready when the body has been aborted. */
  get broken(): Readiness {
    return this.#readerWakers.toReadiness(() => this.#end.at === 'aborted');
  }

  /** The length that the head declares. */
  get contentLength(): bigint | undefined {
    return this.#contentLength;
  }

  /** Whether all of the body lies here, finished and without trailers, and nothing was taken before. */
  get isWhole(): boolean {
    return this.#reader === 'none' && this.#end.at === 'finished' && this.#end.trailers === undefined;
  }

  /** How many bytes are queued, of a body of which nothing was taken. */
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

  /** More than the declared length is refused before any byte of the excess is passed on. */
  write(bytes: Uint8Array): StreamError | undefined {
    const written = this.#written + BigInt(bytes.byteLength);
    if (this.#contentLength !== undefined && written > this.#contentLength) {
      this.#written = written;
      this.abort(`the body is longer than its content-length of ${this.#contentLength}`);
      return bodyFailed('the body is longer than its content-length', this.#overrun(written));
    }
    this.#written = written;
    this.#writer.held.take(bytes.byteLength + PIECE_OVERHEAD_BYTES);
    this.#heldBytes += bytes.byteLength + PIECE_OVERHEAD_BYTES;
    this.#queue.push(bytes);
    this.#readerWakers.wake();
    return undefined;
  }

  /** Done when the reader has taken everything and asks for more; before there is a reader there is nothing to wait for. */
  flush(): StreamError | undefined {
    if (this.#reader === 'gone') return CLOSED;
    this.#flushing = this.#reader === 'reading' || (this.#reader === 'idle' && this.#queue.length > 0);
    return undefined;
  }

  /**
   * The guest's clean end; `heldBytes` were taken for the trailers. Returns the error code where another number of bytes came than the head
   * declares; the body is then aborted.
   */
  finish(trailers: FieldEntries | undefined, heldBytes = 0): ErrorCode | undefined {
    if (this.#reader === 'gone' || this.#end.at !== 'pending') this.#writer.held.giveBack(heldBytes);
    else this.#heldBytes += heldBytes;
    if (this.#contentLength !== undefined && this.#written !== this.#contentLength) {
      this.abort(`the body has ${this.#written} bytes, its content-length is ${this.#contentLength}`);
      return this.#overrun(this.#written);
    }
    if (this.#end.at === 'pending') this.#endWith({ at: 'finished', trailers });
    return undefined;
  }

  /** The body ends broken: it must not look complete on the wire. */
  abort(reason: string): void {
    if (this.#end.at === 'pending') this.#endWith({ at: 'aborted', reason });
  }

  /** The host's side: the next piece. Calling says that the wire has taken all before. */
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

  /** The host's side: nobody takes these bytes any more. The guest's writes give `closed`. */
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

  /** The guest has returned, and the reader takes what is left: it is counted by an account of its own, which the end of the request does not close. */
  outlive(): void {
    if (this.#reader === 'gone' || this.#ownsAccount) return;
    const { limits, held } = this.#writer;
    this.#writer = { limits, held: held.split(this, this.#heldBytes) };
    this.#ownsAccount = true;
  }

  /** The request is over. What of its body was not taken never will be, and its reader has to know that it is not whole. */
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
