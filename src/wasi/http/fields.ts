import { FORBIDDEN_NAMES, withoutForbidden } from '../../http/forbidden-names.ts';
import { OK, err, ok, type Result } from '../../util/result.ts';
import { LimitExceeded } from '../../util/trap.ts';
import type { Holder } from '../../util/held-bytes.ts';
import type { Parent } from '../io/parent.ts';
import { ENTRY_HELD_BYTES, type FieldEntries, heldBytesOf, toByteString, toBytes } from '../../http/field-entries.ts';
import { isFieldValue, isToken, parseContentLength } from '../../http/syntax.ts';

/** WIT's `header-error`. */
export type HeaderError = { readonly tag: 'invalid-syntax' | 'forbidden' | 'immutable' };

const NO_ENTRIES: FieldEntries = Object.freeze([]);

/** What an entry costs beside its name and value, as HTTP/2 counts it. Source: RFC 9113, 6.5.2. */
const ENTRY_OVERHEAD_BYTES = 32;

/**
 * `fields` of `wasi:http/types`: headers or trailers. Immutable ones are a message's own, children of that message.
 *
 * A clone shares entries with its original until one of them is written. Each takes for all of its entries all the same, since either may
 * outlive the other.
 */
export class Fields {
  readonly #holder: Holder;
  readonly #mutable: boolean;
  #parent: Parent | undefined;
  #entries: FieldEntries = NO_ENTRIES;
  /** Whether the list of entries is this one's own, so that it may change. */
  #isOwn = false;
  #byteLength = 0;
  #heldBytes = 0;

  private constructor(holder: Holder, access: 'mutable' | Parent | undefined) {
    this.#holder = holder;
    this.#mutable = access === 'mutable';
    this.#parent = access === 'mutable' ? undefined : access?.adopt();
  }

  /** Empty and mutable. */
  static create(holder: Holder): Fields {
    return new Fields(holder, 'mutable');
  }

  /** Mutable, with what the guest lists. The first bad entry is the error. */
  static fromList(holder: Holder, list: readonly (readonly [string, Uint8Array])[]): Result<Fields, HeaderError> {
    const fields = Fields.create(holder);
    for (const [name, value] of list) {
      const appended = fields.append(name, value);
      if (appended.tag === 'ok') continue;
      fields[Symbol.dispose]();
      return appended;
    }
    return ok(fields);
  }

  /** Immutable, with what a message carries and holds for as long as its child lives: none of `FORBIDDEN_NAMES`. */
  static ofMessage(holder: Holder, entries: FieldEntries, parent: Parent): Fields {
    const fields = new Fields(holder, parent);
    fields.#entries = entries;
    return fields;
  }

  /** Immutable, with trailers, which no message holds. */
  static ofTrailers(holder: Holder, entries: FieldEntries): Fields {
    const fields = new Fields(holder, undefined);
    fields.#adopt(withoutForbidden(entries));
    return fields;
  }

  /** What it has taken of what its request may have the host hold. */
  get heldBytes(): number {
    return this.#heldBytes;
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
    const copy = Fields.create(this.#holder);
    copy.#adopt(this.#entries);
    this.#isOwn = false;
    return copy;
  }

  [Symbol.dispose](): void {
    this.#parent?.release();
    this.#parent = undefined;
    this.#entries = NO_ENTRIES;
    this.#hold(0);
  }

  /** Takes for entries that somebody else holds too. */
  #adopt(entries: FieldEntries): void {
    this.#hold(heldBytesOf(entries));
    this.#byteLength = totalByteLength(entries);
    this.#entries = entries;
    this.#isOwn = false;
  }

  #hold(bytes: number): void {
    const more = bytes - this.#heldBytes;
    if (more > 0) this.#holder.held.take(more);
    else if (more < 0) this.#holder.held.giveBack(-more);
    this.#heldBytes = bytes;
  }

  /** Before anything is looked at: the guest can pass megabytes as often as it likes. */
  #checkSize(byteLength: number): void {
    const { maxFieldsBytes } = this.#holder.limits;
    if (byteLength > maxFieldsBytes) {
      throw new LimitExceeded('maxFieldsBytes', `total size of fields exceeds limit ${maxFieldsBytes}`);
    }
  }

  #refusal(key: string): HeaderError | undefined {
    if (!isToken(key)) return { tag: 'invalid-syntax' };
    if (FORBIDDEN_NAMES.has(key)) return { tag: 'forbidden' };
    return this.#mutable ? undefined : { tag: 'immutable' };
  }

  #remove(key: string): void {
    this.#entries = this.#entries.filter((entry) => entry[0] !== key);
    this.#isOwn = true;
    this.#byteLength = totalByteLength(this.#entries);
    this.#hold(heldBytesOf(this.#entries));
  }

  #insert(at: number, key: string, texts: readonly string[]): void {
    let heldBytes = this.#heldBytes;
    for (const text of texts) {
      this.#byteLength += entryByteLength(key, text);
      heldBytes += key.length + text.length + ENTRY_HELD_BYTES;
    }
    const { maxFieldsEntries } = this.#holder.limits;
    this.#checkSize(this.#byteLength);
    if (this.#entries.length + texts.length > maxFieldsEntries) {
      throw new LimitExceeded('maxFieldsEntries', `too many fields in the field map, the limit is ${maxFieldsEntries}`);
    }
    this.#hold(heldBytes);
    const entries = this.#ownEntries();
    if (texts.length === 1 && at === entries.length) entries.push([key, texts[0] as string]);
    else entries.splice(at, 0, ...texts.map((text) => [key, text] as const));
  }

  #ownEntries(): (readonly [string, string])[] {
    if (!this.#isOwn) this.#entries = [...this.#entries];
    this.#isOwn = true;
    return this.#entries as (readonly [string, string])[];
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
