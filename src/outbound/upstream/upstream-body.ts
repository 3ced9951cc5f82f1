import { PIECE_OVERHEAD_BYTES } from '../../http/outgoing-bytes.ts';
import { err, ok, type Result } from '../../util/result.ts';
import type { HeldBytes } from '../../util/held-bytes.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';
import { Wakers } from '../../io/readiness.ts';
import { CLOSED, type StreamError } from '../../io/stream-error.ts';
import type { BodySource } from '../../http/body-source.ts';
import { describeErrorCode, type ErrorCode } from '../../http/error-code.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import { heldBytesOf } from '../../http/field-entries.ts';
import { bodyFailed } from '../../http/http-cause.ts';

/** The connection on which a body arrives. */
export interface Flow {
  pause(): void;
  resume(): void;
  /** The rest is not wanted. */
  leave(): void;
}

/** The numbers of unread bytes at which the upstream is paused and resumed. */
const PAUSE_BYTES = 128 * 1024;
const RESUME_BYTES = 64 * 1024;
/** A piece is copied if its buffer is larger than it by more than this. */
const MAX_WASTE_BYTES = 4096;

/** The failure of a body when its request may not make the host hold more. */
const TOO_MUCH: ErrorCode = Object.freeze({
  tag: 'internal-error',
  val: 'the request makes the host hold too much (--limit held-bytes)',
});

interface Piece {
  /** The unread part. */
  readonly bytes: Uint8Array;
  /** The memory it takes until all of it is read. */
  readonly heldBytes: number;
}

/** Whether the arriving side has ended, and how. */
type ArrivalEnd =
  | { readonly at: 'pending' }
  | { readonly at: 'finished'; readonly trailers: FieldEntries | undefined }
  | { readonly at: 'failed'; readonly code: ErrorCode };

/**
 * An upstream's body: a bounded queue between the connection, which is paused when the queue is full, and the guest.
 *
 * Queued bytes count as held by the request. If the request holds much, the connection is paused as soon as anything is queued.
 */
export class UpstreamBody implements BodySource {
  readonly #flow: Flow;
  readonly #wakers = new Wakers();
  readonly #held: HeldBytes | undefined;
  readonly #pieces: Piece[] = [];
  /** The memory that the pieces take. */
  #heldBytes = 0;
  #trailersHeldBytes = 0;
  #intake: 'flowing' | 'paused' | 'discarding' = 'flowing';
  #end: ArrivalEnd = { at: 'pending' };

  constructor(flow: Flow, held?: HeldBytes) {
    this.#flow = flow;
    this.#held = held;
  }

  /** The connection's side: takes `bytes`, and ownership of them. */
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

  /** The connection's side: the body broke off. What arrived before can still be read. */
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
    if (this.#end.at === 'pending') return NO_BYTES;
    if (this.#end.at === 'finished') return CLOSED;
    const { code } = this.#end;
    return bodyFailed(`the upstream's body broke off: ${describeErrorCode(code)}`, code);
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

/** A piece whose buffer is hardly larger than its bytes. */
function toPiece(bytes: Uint8Array): Piece {
  const isWasteful = bytes.buffer.byteLength - bytes.byteLength > MAX_WASTE_BYTES;
  const kept = isWasteful ? new Uint8Array(bytes) : bytes;
  const keptBytes = isWasteful ? bytes.byteLength : bytes.buffer.byteLength;
  return { bytes: kept, heldBytes: keptBytes + PIECE_OVERHEAD_BYTES };
}

/** Node's `Buffer` overrides methods of `Uint8Array`, whose behaviour guests' bindings rely on. */
function toPlain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
