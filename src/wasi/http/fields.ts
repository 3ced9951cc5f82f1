import { OK, err, ok, type Result } from '../../abi/host-interface.ts';
import { LimitExceeded } from '../../abi/trap.ts';
import type { RequestLimits } from '../../util/limits.ts';
import type { Parent } from '../io/parent.ts';
import { type FieldEntries, toByteString, toBytes } from './field-entries.ts';
import { isFieldValue, isToken, parseContentLength } from './syntax.ts';

/** WIT's `header-error`. */
export type HeaderError = { readonly tag: 'invalid-syntax' | 'forbidden' | 'immutable' };

/** The names that belong to a connection and not to its messages: guests neither see nor set them. Source: RFC 9110, 7.6.1, and wasi-http. */
export const FORBIDDEN_NAMES: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** What an entry costs beside its name and value, as HTTP/2 counts it. Source: RFC 9113, 6.5.2. */
const ENTRY_OVERHEAD_BYTES = 32;

/** `fields` of `wasi:http/types`: headers or trailers. Immutable ones are a message's own, children of that message. */
export class Fields {
  readonly #limits: RequestLimits;
  readonly #mutable: boolean;
  #parent: Parent | undefined;
  #entries: (readonly [string, string])[] = [];
  #byteLength = 0;

  private constructor(limits: RequestLimits, access: 'mutable' | Parent | undefined) {
    this.#limits = limits;
    this.#mutable = access === 'mutable';
    this.#parent = access === 'mutable' ? undefined : access?.adopt();
  }

  /** Empty and mutable. */
  static create(limits: RequestLimits): Fields {
    return new Fields(limits, 'mutable');
  }

  /** Mutable, with what the guest lists. The first bad entry is the error. */
  static fromList(
    limits: RequestLimits,
    list: readonly (readonly [string, Uint8Array])[],
  ): Result<Fields, HeaderError> {
    const fields = Fields.create(limits);
    for (const [name, value] of list) {
      const appended = fields.append(name, value);
      if (appended.tag === 'err') return appended;
    }
    return ok(fields);
  }

  /** Immutable, with what a message carries; `parent` where it must not outlive that message. */
  static ofMessage(limits: RequestLimits, entries: FieldEntries, parent?: Parent): Fields {
    const fields = new Fields(limits, parent);
    fields.#entries = entries.filter(([name]) => !FORBIDDEN_NAMES.has(name));
    fields.#byteLength = totalByteLength(fields.#entries);
    return fields;
  }

  /** What goes on the wire. Do not change. */
  get entries(): FieldEntries {
    return this.#entries;
  }

  get(name: string): Uint8Array[] {
    const key = name.toLowerCase();
    return this.#entries.flatMap((entry) => (entry[0] === key ? [toBytes(entry[1])] : []));
  }

  has(name: string): boolean {
    const key = name.toLowerCase();
    return this.#entries.some((entry) => entry[0] === key);
  }

  /** The new values take the place of the first old one. */
  set(name: string, values: readonly Uint8Array[]): Result<undefined, HeaderError> {
    this.#checkSize(values.reduce((sum, { byteLength }) => sum + byteLength, name.length));
    const key = name.toLowerCase();
    const texts = values.map(toByteString);
    const refused = this.#refusal(key) ?? texts.map((text) => valueRefusal(key, text, texts[0])).find(Boolean);
    if (refused !== undefined) return err(refused);
    const first = this.#entries.findIndex((entry) => entry[0] === key);
    this.#remove(key);
    this.#insert(first === -1 ? this.#entries.length : first, key, texts);
    return OK;
  }

  append(name: string, value: Uint8Array): Result<undefined, HeaderError> {
    this.#checkSize(name.length + value.byteLength);
    const key = name.toLowerCase();
    const text = toByteString(value);
    const before = key === 'content-length' ? this.#entries.find((entry) => entry[0] === key)?.[1] : undefined;
    const refused = this.#refusal(key) ?? valueRefusal(key, text, before);
    if (refused !== undefined) return err(refused);
    this.#insert(this.#entries.length, key, [text]);
    return OK;
  }

  delete(name: string): Result<undefined, HeaderError> {
    const key = name.toLowerCase();
    const refused = this.#refusal(key);
    if (refused !== undefined) return err(refused);
    this.#remove(key);
    return OK;
  }

  /** Copies for the guest, in order. */
  toList(): [string, Uint8Array][] {
    return this.#entries.map(([name, value]) => [name, toBytes(value)]);
  }

  /** Mutable, whatever this one is. */
  clone(): Fields {
    const copy = Fields.create(this.#limits);
    copy.#entries = [...this.#entries];
    copy.#byteLength = this.#byteLength;
    return copy;
  }

  [Symbol.dispose](): void {
    this.#parent?.release();
    this.#parent = undefined;
  }

  /** Before anything is looked at: the guest can pass megabytes as often as it likes. */
  #checkSize(byteLength: number): void {
    const { maxFieldsBytes } = this.#limits;
    if (byteLength > maxFieldsBytes) {
      throw new LimitExceeded('maxFieldsBytes', `fields: more than the limit of ${maxFieldsBytes} bytes`);
    }
  }

  #refusal(key: string): HeaderError | undefined {
    if (!isToken(key)) return { tag: 'invalid-syntax' };
    if (FORBIDDEN_NAMES.has(key)) return { tag: 'forbidden' };
    return this.#mutable ? undefined : { tag: 'immutable' };
  }

  #remove(key: string): void {
    this.#entries = this.#entries.filter((entry) => entry[0] !== key);
    this.#byteLength = totalByteLength(this.#entries);
  }

  #insert(at: number, key: string, texts: readonly string[]): void {
    for (const text of texts) this.#byteLength += entryByteLength(key, text);
    const { maxFieldsEntries } = this.#limits;
    this.#checkSize(this.#byteLength);
    if (this.#entries.length + texts.length > maxFieldsEntries) {
      throw new LimitExceeded('maxFieldsEntries', `fields: more than the limit of ${maxFieldsEntries} entries`);
    }
    this.#entries.splice(at, 0, ...texts.map((text) => [key, text] as const));
  }
}

/** A `content-length` must be a number, and the same one as `before`. */
function valueRefusal(key: string, text: string, before: string | undefined): HeaderError | undefined {
  if (!isFieldValue(text)) return { tag: 'invalid-syntax' };
  if (key !== 'content-length') return undefined;
  const length = parseContentLength(text);
  const differs = before !== undefined && parseContentLength(before) !== length;
  return length === undefined || differs ? { tag: 'invalid-syntax' } : undefined;
}

function entryByteLength(name: string, value: string): number {
  return name.length + value.length + ENTRY_OVERHEAD_BYTES;
}

function totalByteLength(entries: FieldEntries): number {
  return entries.reduce((sum, [name, value]) => sum + entryByteLength(name, value), 0);
}
