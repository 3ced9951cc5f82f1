import { PIECE_OVERHEAD_BYTES } from '../../http/outgoing-bytes.ts';
import { err, ok, type Result } from '../../util/result.ts';
import type { HeldBytes } from '../../util/held-bytes.ts';
import { Wakers } from '../../io/readiness.ts';
import { CLOSED, type StreamError } from '../../io/stream-error.ts';
import type { BodySource } from '../../http/body-source.ts';
import { describeErrorCode, type ErrorCode } from '../../http/error-code.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import { heldBytesOf } from '../../http/field-entries.ts';
import { bodyFailed } from '../../http/http-cause.ts';

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
/** A piece that keeps so much alive that is not of it is copied. */
const MAX_WASTE_BYTES = 4096;

/** Why a body breaks for which its request may have the host hold no more. */
const TOO_MUCH: ErrorCode = Object.freeze({
  tag: 'internal-error',
  val: 'the request has the host hold too much (--limit held-bytes)',
});

interface Piece {
  /** What is unread of it. */
  readonly bytes: Uint8Array;
  /** What it takes until all of it is read. */
  readonly heldBytes: number;
}

/** How the arriving side ended, or that it has not. */
type ArrivalEnd =
  | { readonly at: 'pending' }
  | { readonly at: 'finished'; readonly trailers: FieldEntries | undefined }
  | { readonly at: 'failed'; readonly code: ErrorCode };

/**
 * An upstream's body: a bounded queue between its connection, which is paused when it is full, and the guest.
 *
 * What waits in it counts as the request's. When that holds much, the connection is paused as soon as anything waits.
 */
export class UpstreamBody implements BodySource {
  readonly #flow: Flow;
  readonly #wakers = new Wakers();
  readonly #held: HeldBytes | undefined;
  readonly #pieces: Piece[] = [];
  /** What the pieces take. */
  #heldBytes = 0;
  #trailersHeldBytes = 0;
  #intake: 'flowing' | 'paused' | 'discarding' = 'flowing';
  #end: ArrivalEnd = { at: 'pending' };

  constructor(flow: Flow, held?: HeldBytes) {
    this.#flow = flow;
    this.#held = held;
  }

  /** The connection's side: takes `bytes`, which the caller gives away. */
  push(bytes: Uint8Array): void {
    if (this.#end.at !== 'pending' || this.#intake === 'discarding' || bytes.byteLength === 0) return;
    const piece = toPiece(bytes);
    if (this.#held?.tryTake(piece.heldBytes) === false) {
      this.fail(TOO_MUCH);
      this.#flow.leave();
      return;
    }
    this.#pieces.push(piece);
    this.#heldBytes += piece.heldBytes;
    if (this.#intake === 'flowing' && (this.#heldBytes > PAUSE_BYTES || this.#held?.isTight === true)) {
      this.#intake = 'paused';
      this.#flow.pause();
    }
    this.#wakers.wake();
  }

  /** The connection's side: the body is complete. */
  finish(trailers: FieldEntries | undefined): void {
    if (this.#end.at !== 'pending') return;
    const heldBytes = heldBytesOf(trailers ?? []);
    if (this.#held?.tryTake(heldBytes) === false) return this.fail(TOO_MUCH);
    this.#trailersHeldBytes = heldBytes;
    this.#endWith({ at: 'finished', trailers });
  }

  /** The connection's side: the body broke. What came before can still be read. */
  fail(code: ErrorCode): void {
    this.#endWith({ at: 'failed', code });
  }

  read(maxBytes: number): Uint8Array | StreamError {
    const [piece] = this.#pieces;
    if (piece === undefined) return this.#readEnd();
    const { bytes, heldBytes } = piece;
    if (bytes.byteLength > maxBytes) {
      this.#pieces[0] = { bytes: bytes.subarray(maxBytes), heldBytes };
      return toPlain(bytes.subarray(0, maxBytes));
    }
    this.#pieces.shift();
    this.#giveBack(heldBytes);
    this.#resumeIfLow();
    return toPlain(bytes);
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
    this.#clear();
    this.#resumeIfLow();
    this.#intake = 'discarding';
  }

  trailers(): Result<FieldEntries | undefined, ErrorCode> | undefined {
    if (this.#pieces.length > 0 || this.#end.at === 'pending') return undefined;
    return this.#end.at === 'finished' ? ok(this.#end.trailers) : err(this.#end.code);
  }

  [Symbol.dispose](): void {
    this.#clear();
    this.#held?.giveBack(this.#trailersHeldBytes);
    this.#trailersHeldBytes = 0;
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

  #clear(): void {
    this.#pieces.length = 0;
    this.#giveBack(this.#heldBytes);
  }

  #giveBack(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#held?.giveBack(bytes);
  }

  #resumeIfLow(): void {
    if (this.#intake !== 'paused' || this.#heldBytes > RESUME_BYTES) return;
    this.#intake = 'flowing';
    if (this.#end.at === 'pending') this.#flow.resume();
  }

  #endWith(end: ArrivalEnd): void {
    if (this.#end.at !== 'pending') return;
    this.#end = end;
    this.#wakers.wake();
  }
}

/** A piece that keeps hardly more alive than its own bytes. */
function toPiece(bytes: Uint8Array): Piece {
  const isWasteful = bytes.buffer.byteLength - bytes.byteLength > MAX_WASTE_BYTES;
  const kept = isWasteful ? new Uint8Array(bytes) : bytes;
  const keptBytes = isWasteful ? bytes.byteLength : bytes.buffer.byteLength;
  return { bytes: kept, heldBytes: keptBytes + PIECE_OVERHEAD_BYTES };
}

/** Node's `Buffer` has methods of its own over those of `Uint8Array`; guests' bindings expect the latter. */
function toPlain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
