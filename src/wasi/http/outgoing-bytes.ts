import type { ByteSink } from '../io/output-stream.ts';
import { DEFAULT_LIMITS, type RequestLimits } from '../../util/limits.ts';
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

type WriteLimits = Pick<RequestLimits, 'maxWriteBytes' | 'maxBufferedWrites'>;

const PENDING: Piece = Object.freeze({ at: 'pending' });

/** How a body's writing side ended, or that it has not. */
type WriteEnd = Piece & { readonly at: 'pending' | 'finished' | 'aborted' };

/**
 * The bytes of an outgoing body on their way from the guest to the wire: a short bounded queue.
 *
 * The guest's side is a `ByteSink`, to which `finish` and `abort` put an end; the host's side is `next` and `readable`.
 * The reader asks for a piece only when the wire takes more, so a slow wire makes the budget 0 and the guest wait.
 */
export class OutgoingBytes implements ByteSink {
  readonly #limits: WriteLimits;
  readonly #contentLength: bigint | undefined;
  readonly #overrun: (written: bigint) => ErrorCode;
  readonly #queue: Uint8Array[] = [];
  readonly #readerWakers = new Wakers();
  readonly #writerWakers = new Wakers();
  #reader: 'none' | 'reading' | 'idle' | 'gone' = 'none';
  #end: WriteEnd = PENDING as WriteEnd;
  #flushing = false;
  #written = 0n;

  /** `contentLength` as declared in the head, if it is; `overrun` makes the error code for a body of a wrong length. */
  constructor(
    contentLength: bigint | undefined,
    overrun: (written: bigint) => ErrorCode,
    limits: WriteLimits = DEFAULT_LIMITS,
  ) {
    this.#limits = limits;
    this.#contentLength = contentLength;
    this.#overrun = overrun;
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

  budget(): number | StreamError {
    if (this.#reader === 'gone' || this.#end.at !== 'pending') return CLOSED;
    const { maxBufferedWrites, maxWriteBytes } = this.#limits;
    return this.#flushing || this.#queue.length >= maxBufferedWrites ? 0 : maxWriteBytes;
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

  /** The guest's clean end. Returns the error code where another number of bytes came than the head declares; the body is then aborted. */
  finish(trailers: FieldEntries | undefined): ErrorCode | undefined {
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
    const bytes = this.#queue.shift();
    this.#reader = bytes === undefined ? 'idle' : 'reading';
    if (bytes === undefined) this.#flushing = false;
    this.#writerWakers.wake();
    return bytes === undefined ? this.#end : { at: 'bytes', bytes };
  }

  /** The host's side: nobody takes these bytes any more. The guest's writes give `closed`. */
  leave(): void {
    this.#reader = 'gone';
    this.#queue.length = 0;
    this.#flushing = false;
    this.#writerWakers.wake();
  }

  #endWith(end: WriteEnd): void {
    this.#end = end;
    if (end.at === 'aborted') this.#queue.length = 0;
    this.#readerWakers.wake();
    this.#writerWakers.wake();
  }
}
