import { OK, err, ok, type Result } from '../../abi/host-interface.ts';
import type { WasiCtx } from '../context.ts';
import { Parent } from '../io/parent.ts';
import type { ErrorCode } from './error-code.ts';
import { type FieldEntries, firstValue } from './field-entries.ts';
import { Fields } from './fields.ts';
import { type Method, formatMethod } from './method.ts';
import { OutgoingBody } from './outgoing-body.ts';
import { OutgoingBytes } from './outgoing-bytes.ts';
import { isAuthority, isPathWithQuery, isScheme, parseContentLength } from './syntax.ts';

type BodySizeErrorCode = 'HTTP-request-body-size' | 'HTTP-response-body-size';

/** WIT's `result` without payloads. */
type Plain = Result<undefined, undefined>;

const REFUSED: Plain = Object.freeze(err(undefined));

/** What a request and a response share: fields, and a body that is taken once. */
class OutgoingMessage {
  readonly #children: Parent;
  readonly #fields: Fields;
  readonly #sizeError: BodySizeErrorCode;
  #bytes: OutgoingBytes | undefined;

  constructor(kind: string, fields: Fields, sizeError: BodySizeErrorCode) {
    this.#children = new Parent(kind);
    this.#fields = fields;
    this.#sizeError = sizeError;
  }

  get fields(): FieldEntries {
    return this.#fields.entries;
  }

  /** The bytes of the body, where the guest took it. */
  get bytes(): OutgoingBytes | undefined {
    return this.#bytes;
  }

  headers(ctx: WasiCtx): Fields {
    return Fields.ofMessage(ctx.limits, this.#fields.entries, this.#children);
  }

  body({ limits }: WasiCtx): Result<OutgoingBody, undefined> {
    if (this.#bytes !== undefined) return err(undefined);
    const declared = firstValue(this.#fields.entries, 'content-length');
    const contentLength = declared === undefined ? undefined : parseContentLength(declared);
    const overrun = (written: bigint): ErrorCode => ({ tag: this.#sizeError, val: written });
    this.#bytes = new OutgoingBytes(contentLength, overrun, limits);
    return ok(new OutgoingBody(this.#bytes));
  }

  /** The guest gives the message away to be sent. Traps while its fields are still borrowed as a child. */
  assertSendable(): void {
    this.#children.assertChildless();
  }

  [Symbol.dispose](): void {
    this.#children.assertChildless();
  }
}

/** `outgoing-response` of `wasi:http/types`. */
export class OutgoingResponse extends OutgoingMessage {
  #status = 200;

  constructor(fields: Fields) {
    super('outgoing-response', fields, 'HTTP-response-body-size');
  }

  get status(): number {
    return this.#status;
  }

  /** Refuses what cannot be final: below 200 and above 999. */
  setStatusCode(status: number): Plain {
    if (status < 200 || status > 999) return REFUSED;
    this.#status = status;
    return OK;
  }
}

/** WIT's `scheme`. */
export type Scheme = { readonly tag: 'HTTP' | 'HTTPS' } | { readonly tag: 'other'; readonly val: string };

/** `outgoing-request` of `wasi:http/types`. A setter refuses what cannot stand in a request and leaves the old value. */
export class OutgoingRequest extends OutgoingMessage {
  #method: Method = { tag: 'get' };
  #scheme: Scheme | undefined;
  #authority: string | undefined;
  #pathWithQuery: string | undefined;

  constructor(fields: Fields) {
    super('outgoing-request', fields, 'HTTP-request-body-size');
  }

  get method(): Method {
    return this.#method;
  }

  get scheme(): Scheme | undefined {
    return this.#scheme;
  }

  get authority(): string | undefined {
    return this.#authority;
  }

  get pathWithQuery(): string | undefined {
    return this.#pathWithQuery;
  }

  setMethod(method: Method): Plain {
    if (formatMethod(method) === undefined) return REFUSED;
    this.#method = method;
    return OK;
  }

  setScheme(scheme: Scheme | undefined): Plain {
    if (scheme?.tag === 'other' && !isScheme(scheme.val)) return REFUSED;
    this.#scheme = scheme;
    return OK;
  }

  setAuthority(authority: string | undefined): Plain {
    if (authority !== undefined && !isAuthority(authority)) return REFUSED;
    this.#authority = authority;
    return OK;
  }

  setPathWithQuery(pathWithQuery: string | undefined): Plain {
    if (pathWithQuery !== undefined && !isPathWithQuery(pathWithQuery)) return REFUSED;
    this.#pathWithQuery = pathWithQuery;
    return OK;
  }
}
