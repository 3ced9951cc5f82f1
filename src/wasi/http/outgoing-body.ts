import { OK, err, ok, type Result } from '../../util/result.ts';
import { OutputStream } from '../io/output-stream.ts';
import { Parent } from '../io/parent.ts';
import type { ErrorCode } from '../../http/error-code.ts';
import type { Fields } from './fields.ts';
import type { OutgoingBytes } from '../../http/outgoing-bytes.ts';
import { toTrailers } from '../../http/trailers.ts';

/** `outgoing-body` of `wasi:http/types`. Dropped without `finish`, its message is broken off. */
export class OutgoingBody {
  readonly #children = new Parent('outgoing-body');
  readonly #bytes: OutgoingBytes;
  #written = false;

  constructor(bytes: OutgoingBytes) {
    this.#bytes = bytes;
  }

  write(): Result<OutputStream, undefined> {
    if (this.#written) return err(undefined);
    this.#written = true;
    return ok(new OutputStream(this.#bytes, this.#children));
  }

  /** Traps while the body's stream lives. Trailers that may not be sent as such are left out. */
  finish(trailers: Fields | undefined): Result<undefined, ErrorCode> {
    this.#children.assertChildless();
    const failure = this.#bytes.finish(trailers && toTrailers(trailers.entries), trailers?.heldBytes);
    return failure === undefined ? OK : err(failure);
  }

  [Symbol.dispose](): void {
    this.#children.assertChildless();
    this.#bytes.abort('the guest dropped its outgoing-body without finish');
  }
}
