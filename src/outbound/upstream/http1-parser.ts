import { UpstreamFailure } from '../error-table.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import { isFieldValue, isToken, membersOf, parseContentLength } from '../../http/syntax.ts';

/** Who is told what comes. What it throws comes out of `push` or `finish`. */
export interface ResponseSink {
  /** A 1xx response, of which nothing else is told. */
  informational(): void;
  head(status: number, fields: FieldEntries): void;
  /** Bytes of the body, which are given away. */
  bytes(bytes: Uint8Array): void;
  end(trailers: FieldEntries): void;
}

/** What an upstream has to say about its connection, in a response that is complete. */
export interface Persistence {
  /** Whether another request may follow. */
  readonly persists: boolean;
  /** For how long the upstream waits for it, if it tells. Seconds. */
  readonly keepAliveS: number | undefined;
}

/** How the end of a body is told. Source: RFC 9112, 6.3. */
type Framing =
  | { readonly by: 'length'; readonly byteLength: number }
  | { readonly by: 'chunks' }
  | { readonly by: 'close' };

type Field = FieldEntries[number];

/** The first line of a response, whose status is 100 at least and not 101. */
interface StatusLine {
  readonly status: number;
  readonly isHttp10: boolean;
}

type State = 'idle' | 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'until-close';

/** The most bytes of an upstream's head, its trailers too. As much as the large servers send at most, with room. */
export const MAX_SECTION_BYTES = 64 * 1024;
/** A chunk's size and its extensions. */
const MAX_CHUNK_LINE_BYTES = 4096;
/** Of a line, before they are put together. */
const MAX_PARTS = 64;
const LF = 10;
/** What every response begins with. */
const PROTOCOL = 'HTTP/1.';
const NO_PERSISTENCE: Persistence = Object.freeze({ persists: false, keepAliveS: undefined });
const NO_BODY: Framing = Object.freeze({ by: 'length', byteLength: 0 });

/**
 * Reads HTTP/1.1 responses, one for each call of `begin`, from bytes in whatever pieces they come.
 *
 * Where servers are known to stray from the grammar it takes what hyper takes: a single LF ends a line of a head, equal lengths may be
 * repeated, chunks count more than a length, a 1xx comes unasked. Nothing that frames a message may be ambiguous, and trailers frame none.
 * Throws an `UpstreamFailure` for what it does not take; then its connection has no further use. Source: RFC 9112.
 */
export class Http1Parser {
  readonly #sink: ResponseSink;
  #state: State = 'idle';
  #method = '';
  /** Of the body or its chunk, not yet here. */
  #leftBytes = 0;
  /** A line of which the end has not come. */
  #partial: Uint8Array[] = [];
  #statusLine: StatusLine | undefined;
  #fields: Field[] = [];
  /** Of the section or line that is being read. */
  #sectionBytes = 0;
  #persistence = NO_PERSISTENCE;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** Whether no response is awaited: whatever comes was not asked for. */
  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  /** Whether a response is awaited, and nothing of it has come, nor of an informational one. */
  get isUntouched(): boolean {
    return this.#state === 'head' && this.#sectionBytes === 0;
  }

  /** Of the last response, once it is complete. */
  get persistence(): Persistence {
    return this.#persistence;
  }

  /** The next response is to a request with this method. */
  begin(method: string): void {
    this.#method = method;
    this.#persistence = NO_PERSISTENCE;
    this.#startSection('head');
  }

  /** Reads `bytes`, which are given away. What follows a complete response in them makes its connection useless. */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.byteLength && this.#state !== 'idle') at = this.#step(bytes, at);
  }

  /** The connection has ended cleanly: so does a body that lasts until then. Throws where a response is not complete. */
  finish(): void {
    if (this.#state === 'idle') return;
    if (this.#state !== 'until-close') throw new UpstreamFailure({ tag: 'connection-terminated' });
    this.#complete([], false);
  }

  /** Nothing more is told. */
  stop(): void {
    this.#state = 'idle';
    this.#partial = [];
  }

  /** Reads one thing that begins at `at`; returns where the next begins. */
  #step(bytes: Buffer, at: number): number {
    if (this.#state === 'length' || this.#state === 'chunk') return this.#readBody(bytes, at);
    if (this.#state !== 'until-close') return this.#readLine(bytes, at);
    this.#sink.bytes(bytes.subarray(at));
    return bytes.byteLength;
  }

  #readBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.byteLength, at + this.#leftBytes);
    this.#leftBytes -= end - at;
    const isLast = this.#leftBytes === 0;
    const isChunk = this.#state === 'chunk';
    this.#sink.bytes(bytes.subarray(at, end));
    // The sink may have had enough.
    if (!isLast || this.isIdle) return end;
    if (isChunk) this.#startSection('chunk-end');
    else this.#complete([], end < bytes.byteLength);
    return end;
  }

  #readLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(LF, at) + 1;
    const next = end === 0 ? bytes.byteLength : end;
    this.#sectionBytes += next - at;
    if (this.#sectionBytes > this.#maxSectionBytes()) throw this.#tooLarge();
    const part = bytes.subarray(at, next);
    if (end === 0) {
      this.#keep(part);
      return next;
    }
    const whole = this.#partial.length === 0 ? part : Buffer.concat([...this.#partial, part]);
    this.#partial = [];
    this.#takeLine(whole.toString('latin1', 0, whole.byteLength - 1), next < bytes.byteLength);
    return next;
  }

  /** Nothing of a large piece is kept alive for the sake of a part of a line, and no list of single bytes grows. */
  #keep(part: Uint8Array): void {
    if (this.#partial.length >= MAX_PARTS) this.#partial = [Buffer.concat(this.#partial)];
    this.#partial.push(new Uint8Array(part));
    this.#checkStart();
  }

  /** What is no HTTP is told as soon as it begins: there may never be a whole line of it. */
  #checkStart(): void {
    if (this.#state !== 'head' || this.#statusLine !== undefined || this.#partial.length > PROTOCOL.length) return;
    const start = Buffer.concat(this.#partial).toString('latin1', 0, PROTOCOL.length);
    if (start !== '\r' && !PROTOCOL.startsWith(start)) throw malformed('no status line');
  }

  /** `line` is without its LF; `isMoreHere` says whether anything follows it. */
  #takeLine(line: string, isMoreHere: boolean): void {
    const isCrlf = line.endsWith('\r');
    const text = isCrlf ? line.slice(0, -1) : line;
    if (this.#state === 'head') return this.#takeHeadLine(text, isMoreHere);
    // hyper insists too: a chunk's end that two readers see in two places is how responses are smuggled.
    if (!isCrlf) throw malformed('a line of a chunked body ends without CR');
    if (this.#state === 'chunk-size') return this.#takeChunkSize(text);
    if (this.#state === 'chunk-end') {
      if (text !== '') throw malformed('a chunk is longer than its size');
      return this.#startSection('chunk-size');
    }
    if (text === '') return this.#complete(this.#fields, isMoreHere);
    this.#fields.push(parseField(text));
  }

  #takeHeadLine(text: string, isMoreHere: boolean): void {
    if (text !== '') {
      if (this.#statusLine === undefined) this.#statusLine = parseStatusLine(text);
      else this.#fields.push(parseField(text));
      return;
    }
    // Empty lines before a response are skipped. Source: RFC 9112, 2.2.
    if (this.#statusLine !== undefined) this.#takeHead(this.#statusLine, isMoreHere);
  }

  #takeHead({ status, isHttp10 }: StatusLine, isMoreHere: boolean): void {
    if (status < 200) {
      this.#startSection('head');
      return this.#sink.informational();
    }
    const fields = this.#fields;
    const framing = frame({ status, isHttp10 }, this.#method, fields);
    this.#persistence = toPersistence(fields, isHttp10, framing);
    this.#enterBody(framing);
    // A length beside chunks means nothing, and would mislead whoever passes the response on. Source: RFC 9112, 6.3.
    this.#sink.head(status, framing.by === 'chunks' ? fields.filter(([name]) => name !== 'content-length') : fields);
    if (framing.by === 'length' && framing.byteLength === 0 && !this.isIdle) this.#complete([], isMoreHere);
  }

  #enterBody(framing: Framing): void {
    this.#startSection(framing.by === 'chunks' ? 'chunk-size' : framing.by === 'close' ? 'until-close' : 'length');
    this.#leftBytes = framing.by === 'length' ? framing.byteLength : 0;
  }

  /** Extensions are not looked at. */
  #takeChunkSize(text: string): void {
    const [, digits] = /^([0-9A-Fa-f]{1,13})[\t ]*(?:;.*)?$/.exec(text) ?? [];
    if (digits === undefined) throw malformed('no size of a chunk');
    this.#leftBytes = Number.parseInt(digits, 16);
    this.#startSection(this.#leftBytes === 0 ? 'trailers' : 'chunk');
  }

  #startSection(state: State): void {
    this.#state = state;
    this.#statusLine = undefined;
    this.#fields = [];
    this.#sectionBytes = 0;
  }

  #complete(trailers: FieldEntries, isMoreHere: boolean): void {
    this.#state = 'idle';
    // Nothing was asked for that could be answered by what follows.
    if (isMoreHere) this.#persistence = NO_PERSISTENCE;
    this.#sink.end(trailers);
  }

  #maxSectionBytes(): number {
    return this.#state === 'head' || this.#state === 'trailers' ? MAX_SECTION_BYTES : MAX_CHUNK_LINE_BYTES;
  }

  #tooLarge(): UpstreamFailure {
    if (this.#state === 'head')
      return new UpstreamFailure({ tag: 'HTTP-response-header-section-size', val: undefined });
    if (this.#state !== 'trailers') return malformed('the size of a chunk is too long');
    return new UpstreamFailure({ tag: 'HTTP-response-trailer-section-size', val: undefined });
  }
}

function parseStatusLine(line: string): StatusLine {
  const [, minor, digits] = /^HTTP\/1\.([01]) (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(line) ?? [];
  if (digits === undefined) throw malformed('no status line');
  const status = Number(digits);
  if (status < 100) throw malformed(`a status of ${digits}`);
  // Nobody can have asked for it: guests cannot set `upgrade`. HTTP/2 has none.
  if (status === 101) throw malformed('an upgrade that was not asked for');
  return { status, isHttp10: minor === '0' };
}

/** A line of a head or of trailers. A line that continues another one is none. Source: RFC 9112, 5. */
function parseField(line: string): Field {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  if (!isToken(name)) throw malformed('a field has no name');
  const value = trim(line, colon + 1);
  if (!isFieldValue(value)) throw malformed(`the field ${name} has a value with control characters`);
  return [name.toLowerCase(), value];
}

/** `line` from `start` on, without spaces and tabs around it: a value of a megabyte of them takes one walk. */
function trim(line: string, start: number): string {
  let [from, to] = [start, line.length];
  while (from < to && isBlank(line.charCodeAt(from))) from += 1;
  while (to > from && isBlank(line.charCodeAt(to - 1))) to -= 1;
  return line.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 9;
}

/** Source: RFC 9112, 6.3. */
function frame({ status, isHttp10 }: StatusLine, method: string, fields: FieldEntries): Framing {
  if (method === 'HEAD' || status === 204 || status === 304) return NO_BODY;
  const codings = valuesOf(fields, 'transfer-encoding');
  if (codings.length > 0) {
    if (isHttp10) throw malformed('HTTP/1.0 has no transfer-encoding');
    return codings.at(-1)?.toLowerCase() === 'chunked' ? { by: 'chunks' } : { by: 'close' };
  }
  const lengths = new Set(valuesOf(fields, 'content-length').map(parseContentLength));
  if (lengths.size === 0) return { by: 'close' };
  const [length] = lengths;
  if (lengths.size > 1 || length === undefined) throw malformed('the content-length is not one number');
  return { by: 'length', byteLength: Number(length) };
}

/** Source: RFC 9112, 9.3. */
function toPersistence(fields: FieldEntries, isHttp10: boolean, { by }: Framing): Persistence {
  const options = valuesOf(fields, 'connection').map((option) => option.toLowerCase());
  const persists = by !== 'close' && !options.includes('close') && (!isHttp10 || options.includes('keep-alive'));
  const hints = valuesOf(fields, 'keep-alive').flatMap((hint) => /^timeout=(\d{1,9})$/i.exec(hint)?.[1] ?? []);
  return { persists, keepAliveS: hints[0] === undefined ? undefined : Number(hints[0]) };
}

const NO_VALUES: readonly string[] = Object.freeze([]);

/** The members of a list that all fields of a name make together. */
function valuesOf(fields: FieldEntries, name: string): readonly string[] {
  let values: string[] | undefined;
  for (const [fieldName, value] of fields) {
    if (fieldName === name) (values ??= []).push(...membersOf(value));
  }
  return values ?? NO_VALUES;
}

function malformed(what: string): UpstreamFailure {
  return new UpstreamFailure({ tag: 'HTTP-protocol-error' }, what);
}
