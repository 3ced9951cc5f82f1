import { UpstreamFailure } from '../to-error-code.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import { isFieldValue, isToken, membersOf, parseContentLength } from '../../http/syntax.ts';

/** Receives what is parsed. Its exceptions propagate through `push` and `finish`. */
export interface ResponseSink {
  /** A 1xx response, which is otherwise ignored. */
  informational(): void;
  head(status: number, fields: FieldEntries): void;
  /** Bytes of the body; the sink owns them. */
  bytes(bytes: Uint8Array): void;
  end(trailers: FieldEntries): void;
}

/** What a complete response says about its connection. */
export interface Persistence {
  /** Whether another request may follow. */
  readonly persists: boolean;
  /** How long the upstream waits for it, in seconds, if it says so. */
  readonly keepAliveS: number | undefined;
}

/** How a body is delimited. Source: RFC 9112, 6.3. */
type Framing =
  | { readonly by: 'length'; readonly byteLength: number }
  | { readonly by: 'chunks' }
  | { readonly by: 'close' };

type Field = FieldEntries[number];

/** The first line of a response. The status is at least 100, and not 101. */
interface StatusLine {
  readonly status: number;
  readonly isHttp10: boolean;
}

type State = 'idle' | 'head' | 'length' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'until-close';

/** The most bytes of an upstream's head, and of its trailers: more than the limits of common servers. */
export const MAX_SECTION_BYTES = 64 * 1024;
/** The most bytes of a chunk's size and extensions. */
const MAX_CHUNK_LINE_BYTES = 4096;
/** The most pieces of a line to collect before joining them. */
const MAX_PARTS = 64;
const LF = 10;
/** Every response begins with this. */
const PROTOCOL = 'HTTP/1.';
const NO_PERSISTENCE: Persistence = Object.freeze({ persists: false, keepAliveS: undefined });
const NO_BODY: Framing = Object.freeze({ by: 'length', byteLength: 0 });

/**
 * Parses HTTP/1.1 responses, one for each call of `begin`, from bytes split in any way.
 *
 * Where servers are known to deviate from the grammar, it accepts what hyper accepts: a single LF ends a line of a head, equal lengths may be
 * repeated, chunked encoding overrides a length, a 1xx may come unasked. A message's framing must not be ambiguous, and trailers are never framing.
 * Throws an `UpstreamFailure` for anything else; the connection is then unusable. Source: RFC 9112.
 */
export class Http1Parser {
  readonly #sink: ResponseSink;
  #state: State = 'idle';
  #method = '';
  /** How many bytes of the body, or of the current chunk, are still to come. */
  #leftBytes = 0;
  /** The pieces of a line whose end has not arrived yet. */
  #partial: Uint8Array[] = [];
  #statusLine: StatusLine | undefined;
  #fields: Field[] = [];
  /** The length so far of the section or line being read. */
  #sectionBytes = 0;
  #persistence = NO_PERSISTENCE;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** Whether no response is expected: anything that arrives is unsolicited. */
  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  /** Whether a response is expected and nothing has arrived yet, not even an informational one. */
  get isUntouched(): boolean {
    return this.#state === 'head' && this.#sectionBytes === 0;
  }

  /** What the last response says, once it is complete. */
  get persistence(): Persistence {
    return this.#persistence;
  }

  /** Expects a response to a request with this method. */
  begin(method: string): void {
    this.#method = method;
    this.#persistence = NO_PERSISTENCE;
    this.#startSection('head');
  }

  /** Parses `bytes`, and takes ownership of them. Bytes after a complete response make the connection unusable. */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.byteLength && this.#state !== 'idle') at = this.#step(bytes, at);
  }

  /** The connection has ended cleanly, which completes a body delimited by the close. Throws if a response is incomplete. */
  finish(): void {
    if (this.#state === 'idle') return;
    if (this.#state !== 'until-close') throw new UpstreamFailure({ tag: 'connection-terminated' });
    this.#complete([], false);
  }

  /** Ignores everything from now on. */
  stop(): void {
    this.#state = 'idle';
    this.#partial = [];
  }

  /** Parses one element that begins at `at`; returns where the next one begins. */
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
    // The sink may have stopped the parser.
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

  /** Copies a part of a line, so that it does not keep a large buffer alive, and joins pieces, so that single bytes do not pile up. */
  #keep(part: Uint8Array): void {
    if (this.#partial.length >= MAX_PARTS) this.#partial = [Buffer.concat(this.#partial)];
    this.#partial.push(new Uint8Array(part));
    this.#checkStart();
  }

  /** Rejects data that is not HTTP as soon as it begins: a whole line may never arrive. */
  #checkStart(): void {
    if (this.#state !== 'head' || this.#statusLine !== undefined || this.#partial.length > PROTOCOL.length) return;
    const start = Buffer.concat(this.#partial).toString('latin1', 0, PROTOCOL.length);
    if (start !== '\r' && !PROTOCOL.startsWith(start)) throw malformed('missing status line');
  }

  /** `line` has no LF; `isMoreHere`: whether anything follows it. */
  #takeLine(line: string, isMoreHere: boolean): void {
    const isCrlf = line.endsWith('\r');
    const text = isCrlf ? line.slice(0, -1) : line;
    if (this.#state === 'head') return this.#takeHeadLine(text, isMoreHere);
    // hyper requires it too: if two readers disagree on where a chunk ends, responses can be smuggled.
    if (!isCrlf) throw malformed('missing CR in a chunked body');
    if (this.#state === 'chunk-size') return this.#takeChunkSize(text);
    if (this.#state === 'chunk-end') {
      if (text !== '') throw malformed('chunk longer than its size');
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
    // A length besides chunked encoding is meaningless, and would mislead whoever forwards the response. Source: RFC 9112, 6.3.
    this.#sink.head(status, framing.by === 'chunks' ? fields.filter(([name]) => name !== 'content-length') : fields);
    if (framing.by === 'length' && framing.byteLength === 0 && !this.isIdle) this.#complete([], isMoreHere);
  }

  #enterBody(framing: Framing): void {
    this.#startSection(framing.by === 'chunks' ? 'chunk-size' : framing.by === 'close' ? 'until-close' : 'length');
    this.#leftBytes = framing.by === 'length' ? framing.byteLength : 0;
  }

  /** Ignores extensions. */
  #takeChunkSize(text: string): void {
    const [, digits] = /^([0-9A-Fa-f]{1,13})[\t ]*(?:;.*)?$/.exec(text) ?? [];
    if (digits === undefined) throw malformed('invalid chunk size');
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
    // There is no request that the following bytes could answer.
    if (isMoreHere) this.#persistence = NO_PERSISTENCE;
    this.#sink.end(trailers);
  }

  #maxSectionBytes(): number {
    return this.#state === 'head' || this.#state === 'trailers' ? MAX_SECTION_BYTES : MAX_CHUNK_LINE_BYTES;
  }

  #tooLarge(): UpstreamFailure {
    if (this.#state === 'head')
      return new UpstreamFailure({ tag: 'HTTP-response-header-section-size', val: undefined });
    if (this.#state !== 'trailers') return malformed('chunk size too long');
    return new UpstreamFailure({ tag: 'HTTP-response-trailer-section-size', val: undefined });
  }
}

function parseStatusLine(line: string): StatusLine {
  const [, minor, digits] = /^HTTP\/1\.([01]) (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/.exec(line) ?? [];
  if (digits === undefined) throw malformed('invalid status line');
  const status = Number(digits);
  if (status < 100) throw malformed(`invalid status ${digits}`);
  // No request can have asked for one: guests cannot set `upgrade`, and HTTP/2 has none.
  if (status === 101) throw malformed('unsolicited upgrade');
  return { status, isHttp10: minor === '0' };
}

/** Parses a line of a head or of trailers. Folded lines are not accepted. Source: RFC 9112, 5. */
function parseField(line: string): Field {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  if (!isToken(name)) throw malformed('missing or invalid field name');
  const value = trim(line, colon + 1);
  if (!isFieldValue(value)) throw malformed(`control character in the value of field ${name}`);
  return [name.toLowerCase(), value];
}

/** Trims spaces and tabs from `line`, starting at `start`. Linear, even for a value of a megabyte of them. */
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
    if (isHttp10) throw malformed('transfer-encoding in an HTTP/1.0 response');
    return codings.at(-1)?.toLowerCase() === 'chunked' ? { by: 'chunks' } : { by: 'close' };
  }
  const lengths = new Set(valuesOf(fields, 'content-length').map(parseContentLength));
  if (lengths.size === 0) return { by: 'close' };
  const [length] = lengths;
  if (lengths.size > 1 || length === undefined) throw malformed('invalid content-length');
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

/** The members of the list that all fields of this name form. */
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
