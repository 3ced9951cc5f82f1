import { toError } from '../../util/to-error.ts';
import type { HeldBytes } from '../../util/held-bytes.ts';
import type { Readiness } from '../../io/readiness.ts';
import { toErrorCode, UpstreamFailure } from '../to-error-code.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import { type OutgoingBytes, PIECE_OVERHEAD_BYTES, type Piece } from '../../http/outgoing-bytes.ts';

/** The connection on which a body is sent. */
export interface BodyWire {
  /** Whether the connection may turn out to have been closing, so that the request has to go to another one. */
  readonly mayBeStale: boolean;
  /** Returns whether it takes more; if not, `drained` is called when it does. */
  write(bytes: Uint8Array): boolean;
  /** The body is complete. */
  end(trailers: FieldEntries): void;
}

/** The largest body that is kept for a retry. */
export const MAX_KEPT_BYTES = 64 * 1024;

/**
 * A guest's outgoing body on its way to a connection, or to several in turn: what is sent on a connection that may be stale is kept for a while, so that
 * it can be sent again from the beginning.
 *
 * It takes a piece only when the wire asks for one, and leaves the body when disposed. If the guest aborts, or the guest's side throws, it calls
 * `fail`, which must break the connection.
 */
export class RequestBody implements Disposable {
  readonly #body: OutgoingBytes;
  readonly #readable: Readiness;
  readonly #held: HeldBytes | undefined;
  readonly #fail: (failure: UpstreamFailure) => void;
  #wire: BodyWire | undefined;
  #isSent = false;
  /** Everything taken from the body so far; `undefined` if it is no longer kept. */
  #kept: Uint8Array[] | undefined = [];
  #keptBytes = 0;
  #heldBytes = 0;
  /** The kept pieces that this wire has not been given yet. */
  #unsent: Uint8Array[] = [];

  constructor(body: OutgoingBytes, fail: (failure: UpstreamFailure) => void, held?: HeldBytes) {
    this.#body = body;
    this.#readable = body.readable;
    this.#fail = fail;
    this.#held = held;
  }

  /** Whether the wire has all of the body. */
  get isSent(): boolean {
    return this.#isSent;
  }

  /** Begins to send the body from its start. */
  sendTo(wire: BodyWire): void {
    this.#wire = wire;
    this.#isSent = false;
    this.#unsent = [...(this.#kept ?? [])];
    this.#run();
  }

  /** The wire takes more. */
  drained(): void {
    this.#run();
  }

  /** Whether the body can be sent again from its start. */
  get isRepeatable(): boolean {
    return this.#kept !== undefined;
  }

  /** Stops sending to the current wire. */
  detach(): void {
    this.#wire = undefined;
    this.#readable.offReady(this.#look);
  }

  /** Drops the kept pieces: the body will not be sent again. */
  forget(): void {
    this.#kept = undefined;
    if (this.#heldBytes > 0) this.#held?.giveBack(this.#heldBytes);
    this.#heldBytes = 0;
  }

  [Symbol.dispose](): void {
    this.detach();
    this.forget();
    this.#body.leave();
  }

  #run(): void {
    try {
      while (this.#wire !== undefined && !this.#isSent && this.#send(this.#wire));
    } catch (error) {
      this.#fail(toFailure(error));
    }
  }

  /** Sends a piece; returns whether another one may follow immediately. */
  #send(wire: BodyWire): boolean {
    const piece = this.#next(wire);
    if (piece.at === 'bytes') return wire.write(piece.bytes);
    if (piece.at === 'pending') this.#readable.onReady(this.#look);
    // The code is that of wasmtime for a body that its guest drops.
    if (piece.at === 'aborted') this.#fail(new UpstreamFailure({ tag: 'HTTP-protocol-error' }, piece.reason));
    if (piece.at !== 'finished') return false;
    this.#isSent = true;
    wire.end(piece.trailers ?? []);
    return false;
  }

  #next(wire: BodyWire): Piece {
    const kept = this.#unsent.shift();
    if (kept !== undefined) return { at: 'bytes', bytes: kept };
    const piece = this.#body.next();
    if (piece.at === 'bytes') this.#keep(piece.bytes, wire);
    return piece;
  }

  #keep(bytes: Uint8Array, wire: BodyWire): void {
    if (this.#kept === undefined) return;
    const heldBytes = bytes.byteLength + PIECE_OVERHEAD_BYTES;
    this.#keptBytes += bytes.byteLength;
    if (!wire.mayBeStale || this.#keptBytes > MAX_KEPT_BYTES || !this.#tryTake(heldBytes)) return this.forget();
    this.#heldBytes += heldBytes;
    this.#kept.push(bytes);
  }

  /** Being able to repeat a request is not worth ending another one. */
  #tryTake(bytes: number): boolean {
    return this.#held === undefined || (!this.#held.isTight && this.#held.tryTake(bytes));
  }

  readonly #look = (): void => {
    if (!this.#readable.isReady()) return;
    this.#readable.offReady(this.#look);
    this.#run();
  };
}

function toFailure(error: unknown): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  return new UpstreamFailure(toErrorCode(error), toError(error).message);
}
