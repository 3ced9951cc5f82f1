import { OK, err, ok, type Result } from '../../util/result.ts';
import { Charge, type HeldBytes, type Holder, stringBytes } from '../../util/held-bytes.ts';
import { Parent } from '../io/parent.ts';
import type { ErrorCode } from '../../http/error-code.ts';
import { type FieldEntries, firstValue } from '../../http/field-entries.ts';
import { Fields } from './fields.ts';
import { type Method, formatMethod } from './method.ts';
import { OutgoingBody } from './outgoing-body.ts';
import { OutgoingBytes } from '../../http/outgoing-bytes.ts';
import { isAuthority, isPathWithQuery, isScheme, parseContentLength } from '../../http/syntax.ts';

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

  /** The bytes of the body, if the guest took it. */
  get bytes(): OutgoingBytes | undefined {
    return this.#bytes;
  }

  /** What its fields have taken of what its request may have the host hold. */
  protected get fieldsHeldBytes(): number {
    return this.#fields.heldBytes;
  }

  headers(holder: Holder): Fields {
    return Fields.ofMessage(holder, this.#fields.entries, this.#children);
  }

  body(holder: Holder): Result<OutgoingBody, undefined> {
    if (this.#bytes !== undefined) return err(undefined);
    const declared = firstValue(this.#fields.entries, 'content-length');
    const contentLength = declared === undefined ? undefined : parseContentLength(declared);
    const overrun = (written: bigint): ErrorCode => ({ tag: this.#sizeError, val: written });
    this.#bytes = new OutgoingBytes(contentLength, overrun, holder);
    return ok(new OutgoingBody(this.#bytes));
  }

  /** The guest gives the message away to be sent. Traps while its fields are still borrowed as a child. */
  assertSendable(): void {
    this.#children.assertChildless();
  }

  /** Nobody will send it: writes to its body fail from now on. */
  [Symbol.dispose](): void {
    this.#children.assertChildless();
    this.#fields[Symbol.dispose]();
    this.#bytes?.leave();
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
  readonly #strings: Charge;

  constructor(held: HeldBytes, fields: Fields) {
    super('outgoing-request', fields, 'HTTP-request-body-size');
    this.#strings = new Charge(held);
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
    this.#hold(toText(this.#method), toText(method));
    this.#method = method;
    return OK;
  }

  setScheme(scheme: Scheme | undefined): Plain {
    if (scheme?.tag === 'other' && !isScheme(scheme.val)) return REFUSED;
    this.#hold(toText(this.#scheme), toText(scheme));
    this.#scheme = scheme;
    return OK;
  }

  setAuthority(authority: string | undefined): Plain {
    if (authority !== undefined && !isAuthority(authority)) return REFUSED;
    this.#hold(this.#authority, authority);
    this.#authority = authority;
    return OK;
  }

  setPathWithQuery(pathWithQuery: string | undefined): Plain {
    if (pathWithQuery !== undefined && !isPathWithQuery(pathWithQuery)) return REFUSED;
    this.#hold(this.#pathWithQuery, pathWithQuery);
    this.#pathWithQuery = pathWithQuery;
    return OK;
  }

  /** What its head has taken, which its sender gives back. Its body accounts for itself. */
  get headHeldBytes(): number {
    return this.fieldsHeldBytes + this.#strings.bytes;
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#strings[Symbol.dispose]();
  }

  #hold(old: string | undefined, next: string | undefined): void {
    this.#strings.resize(this.#strings.bytes - stringBytes(old) + stringBytes(next));
  }
}

/** The text of an unusual method or scheme. */
function toText(value: Method | Scheme | undefined): string | undefined {
  return value?.tag === 'other' ? value.val : undefined;
}
