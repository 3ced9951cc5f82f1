import { Readable } from 'node:stream';
import { toError } from '../../util/to-error.ts';
import { UpstreamFailure, toErrorCode } from './error-table.ts';
import type { FieldEntries } from './field-entries.ts';
import type { Readiness } from '../io/readiness.ts';
import type { OutgoingBytes } from './outgoing-bytes.ts';

/**
 * A guest's outgoing body as the stream that Node's and undici's clients take. It takes a piece only when the wire asks for one,
 * and leaves the body when it is destroyed.
 *
 * Where the guest aborts, the stream neither ends nor fails: `aborted` is called, which must break the connection. Told by
 * an error, undici would close an HTTP/2 request's stream as if it were complete.
 */
export class OutgoingStream extends Readable {
  readonly #body: OutgoingBytes;
  readonly #readable: Readiness;
  readonly #aborted: (failure: UpstreamFailure) => void;
  #isWaiting = false;
  #trailers: FieldEntries | undefined;

  constructor(body: OutgoingBytes, aborted: (failure: UpstreamFailure) => void) {
    // 0: nothing is read ahead of the wire.
    super({ highWaterMark: 0 });
    this.#body = body;
    this.#readable = body.readable;
    this.#aborted = aborted;
    // From the first moment on, whoever takes the stream: an error without a listener would end the process.
    this.on('error', (error) => aborted(toFailure(error)));
  }

  /** What the guest finished with, once the stream has ended. */
  get trailers(): FieldEntries | undefined {
    return this.#trailers;
  }

  override _read(): void {
    if (this.#isWaiting) return;
    const piece = this.#body.next();
    if (piece.at === 'pending') this.#wait();
    if (piece.at === 'bytes') this.push(piece.bytes);
    // Source of the code: what wasmtime's body fails with when its guest drops it.
    if (piece.at === 'aborted') this.#aborted(new UpstreamFailure({ tag: 'HTTP-protocol-error' }, piece.reason));
    if (piece.at !== 'finished') return;
    this.#trailers = piece.trailers;
    this.push(null);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#readable.offReady(this.#look);
    this.#body.leave();
    callback(error);
  }

  #wait(): void {
    this.#isWaiting = true;
    this.#readable.onReady(this.#look);
  }

  readonly #look = (): void => {
    if (!this.#readable.isReady()) return;
    this.#readable.offReady(this.#look);
    this.#isWaiting = false;
    try {
      this._read();
    } catch (error) {
      this.destroy(toFailure(error));
    }
  };
}

function toFailure(error: unknown): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  return new UpstreamFailure(toErrorCode(error), toError(error).message);
}
