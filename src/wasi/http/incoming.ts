import type { IncomingHead, RequestHead } from '../../http/request-head.ts';
import { err, ok, type Result } from '../../util/result.ts';
import type { Holder } from '../../util/held-bytes.ts';
import { InputStream } from '../io/input-stream.ts';
import { Parent } from '../io/parent.ts';
import type { Readiness } from '../../io/readiness.ts';
import type { BodySource } from '../../http/body-source.ts';
import type { ErrorCode } from '../../http/error-code.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import { withoutForbidden } from '../../http/forbidden-names.ts';
import { Fields } from './fields.ts';
import { type Method, parseMethod } from './method.ts';
import type { OutboundResponse } from '../../outbound/send-request.ts';

/** What a request and a response share: fields, and a body that is taken once. */
class IncomingMessage {
  readonly #children: Parent;
  readonly #head: IncomingHead;
  readonly #source: BodySource;
  /** What guests see of the fields: one list, however often they ask. */
  #fields: FieldEntries | undefined;
  #consumed = false;

  constructor(kind: string, head: IncomingHead, source: BodySource) {
    this.#children = new Parent(kind);
    this.#head = head;
    this.#source = source;
  }

  headers(holder: Holder): Fields {
    this.#fields ??= withoutForbidden(this.#head.fields);
    return Fields.ofMessage(holder, this.#fields, this.#children);
  }

  consume(): Result<IncomingBody, undefined> {
    if (this.#consumed) return err(undefined);
    this.#consumed = true;
    return ok(new IncomingBody(this.#source));
  }

  [Symbol.dispose](): void {
    this.#children.assertChildless();
    if (!this.#consumed) this.#source[Symbol.dispose]();
  }
}

/** `incoming-request` of `wasi:http/types`. */
export class IncomingRequest extends IncomingMessage {
  readonly head: RequestHead;

  constructor(head: RequestHead, source: BodySource) {
    super('incoming-request', head, source);
    this.head = head;
  }

  get method(): Method {
    return parseMethod(this.head.method);
  }
}

/** `incoming-response` of `wasi:http/types`. */
export class IncomingResponse extends IncomingMessage {
  readonly status: number;
  readonly #charge: Disposable;

  /** `charge` is what the fields have taken, which goes with it. */
  constructor(head: Pick<OutboundResponse, 'status' | 'fields'>, source: BodySource, charge: Disposable) {
    super('incoming-response', head, source);
    this.status = head.status;
    this.#charge = charge;
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#charge[Symbol.dispose]();
  }
}

/** `incoming-body` of `wasi:http/types`. Dropping it says that the guest does not read on. */
export class IncomingBody {
  readonly #children = new Parent('incoming-body');
  readonly #source: BodySource;
  #streamed = false;

  constructor(source: BodySource) {
    this.#source = source;
  }

  stream(): Result<InputStream, undefined> {
    if (this.#streamed) return err(undefined);
    this.#streamed = true;
    return ok(new InputStream(this.#source, this.#children));
  }

  /** Discards what is left. Traps while the body's stream lives. */
  finish(): FutureTrailers {
    this.#children.assertChildless();
    this.#source.discard();
    return new FutureTrailers(this.#source);
  }

  [Symbol.dispose](): void {
    this.#children.assertChildless();
    this.#source[Symbol.dispose]();
  }
}

/** What `future-trailers.get` gives once. */
export type TrailersResult = Result<Result<Fields | undefined, ErrorCode>, undefined>;

/** `future-trailers` of `wasi:http/types`: ready when the body is at its end. */
export class FutureTrailers implements Readiness {
  readonly children = new Parent('future-trailers');
  readonly #source: BodySource;
  #taken = false;

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** `undefined` before they are there; the second time an error. */
  get(holder: Holder): TrailersResult | undefined {
    if (this.#taken) return err(undefined);
    const trailers = this.#source.trailers();
    if (trailers === undefined) return undefined;
    this.#taken = true;
    if (trailers.tag === 'err') return ok(trailers);
    return ok(ok(trailers.val === undefined ? undefined : Fields.ofTrailers(holder, trailers.val)));
  }

  isReady(): boolean {
    return this.#taken || this.#source.trailers() !== undefined;
  }

  onReady(wake: () => void): void {
    this.#source.onReady(wake);
  }

  offReady(wake: () => void): void {
    this.#source.offReady(wake);
  }

  [Symbol.dispose](): void {
    this.children.assertChildless();
    this.#source[Symbol.dispose]();
  }
}
