import { err, ok, type Result } from '../../abi/host-interface.ts';
import { Wakers } from '../io/readiness.ts';
import { CLOSED, type StreamError } from '../io/stream-error.ts';
import type { BodySource } from './body-source.ts';
import { describeErrorCode, type ErrorCode } from './error-code.ts';
import type { FieldEntries } from './field-entries.ts';
import { bodyFailed } from './http-cause.ts';

/** The connection that a body arrives on. */
export interface Flow {
  pause(): void;
  resume(): void;
  /** Nobody reads on: the rest is not wanted. */
  leave(): void;
}

/** Unread bytes at which the upstream is paused, and at which it may go on. */
const PAUSE_BYTES = 128 * 1024;
const RESUME_BYTES = 64 * 1024;
/** What a piece costs beside its bytes, so that an upstream that sends single bytes fills no more memory. */
const PIECE_OVERHEAD_BYTES = 128;

/** How the arriving side ended, or that it has not. */
type ArrivalEnd =
  | { readonly at: 'pending' }
  | { readonly at: 'finished'; readonly trailers: FieldEntries | undefined }
  | { readonly at: 'failed'; readonly code: ErrorCode };

/** An upstream's body: a bounded queue between its connection, which is paused when it is full, and the guest. */
export class UpstreamBody implements BodySource {
  readonly #flow: Flow;
  readonly #wakers = new Wakers();
  readonly #pieces: Uint8Array[] = [];
  #unreadBytes = 0;
  #intake: 'flowing' | 'paused' | 'discarding' = 'flowing';
  #end: ArrivalEnd = { at: 'pending' };

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** The connection's side: takes `bytes`, which the caller gives away. */
  push(bytes: Uint8Array): void {
    if (this.#end.at !== 'pending' || this.#intake === 'discarding' || bytes.byteLength === 0) return;
    this.#pieces.push(bytes);
    this.#unreadBytes += bytes.byteLength + PIECE_OVERHEAD_BYTES;
    if (this.#unreadBytes > PAUSE_BYTES && this.#intake === 'flowing') {
      this.#intake = 'paused';
      this.#flow.pause();
    }
    this.#wakers.wake();
  }

  /** The connection's side: the body is complete. */
  finish(trailers: FieldEntries | undefined): void {
    this.#endWith({ at: 'finished', trailers });
  }

  /** The connection's side: the body broke. What came before can still be read. */
  fail(code: ErrorCode): void {
    this.#endWith({ at: 'failed', code });
  }

  read(maxBytes: number): Uint8Array | StreamError {
    const [piece] = this.#pieces;
    if (piece === undefined) return this.#readEnd();
    if (piece.byteLength > maxBytes) {
      this.#pieces[0] = piece.subarray(maxBytes);
      this.#unreadBytes -= maxBytes;
      return toPlain(piece.subarray(0, maxBytes));
    }
    this.#pieces.shift();
    this.#unreadBytes -= piece.byteLength + PIECE_OVERHEAD_BYTES;
    this.#resumeIfLow();
    return toPlain(piece);
  }

  isReady(): boolean {
    return this.#pieces.length > 0 || this.#end.at !== 'pending';
  }

  onReady(wake: () => void): void {
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  discard(): void {
    this.#pieces.length = 0;
    this.#unreadBytes = 0;
    this.#resumeIfLow();
    this.#intake = 'discarding';
  }

  trailers(): Result<FieldEntries | undefined, ErrorCode> | undefined {
    if (this.#pieces.length > 0 || this.#end.at === 'pending') return undefined;
    return this.#end.at === 'finished' ? ok(this.#end.trailers) : err(this.#end.code);
  }

  [Symbol.dispose](): void {
    this.#pieces.length = 0;
    if (this.#end.at !== 'pending') return;
    this.fail({ tag: 'connection-terminated' });
    this.#flow.leave();
  }

  #readEnd(): Uint8Array | StreamError {
    if (this.#end.at === 'pending') return new Uint8Array(0);
    if (this.#end.at === 'finished') return CLOSED;
    const { code } = this.#end;
    return bodyFailed(`the upstream's body broke: ${describeErrorCode(code)}`, code);
  }

  #resumeIfLow(): void {
    if (this.#intake !== 'paused' || this.#unreadBytes > RESUME_BYTES) return;
    this.#intake = 'flowing';
    if (this.#end.at === 'pending') this.#flow.resume();
  }

  #endWith(end: ArrivalEnd): void {
    if (this.#end.at !== 'pending') return;
    this.#end = end;
    this.#wakers.wake();
  }
}

/** Node's `Buffer` has methods of its own over those of `Uint8Array`; guests' bindings expect the latter. */
function toPlain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
