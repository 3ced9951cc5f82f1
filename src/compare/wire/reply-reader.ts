import { NO_BYTES } from '../../util/no-bytes.ts';
import type { WireField, WireReply } from './wire-reply.ts';

/** What the reader of a connection tells. */
export interface ReplyListener {
  /** A reply of 1xx, which others follow. */
  onInterim(status: number): void;
  onReply(reply: WireReply): void;
}

type Head = Pick<WireReply, 'status' | 'fields' | 'framing' | 'isLast'> & { readonly byteLength: number };

type State =
  | { at: 'head' }
  | { at: 'body'; head: Head; left: number }
  | { at: 'chunk-size'; head: Head }
  | { at: 'chunk'; head: Head; left: number }
  | { at: 'chunk-end'; head: Head }
  | { at: 'trailers'; head: Head }
  | { at: 'malformed'; why: string };

const HEAD_END = '\r\n\r\n';

/** Longer heads and lines are not replies of any server that is worth comparing. */
const MAX_HEAD_BYTES = 1024 * 1024;

/** Parses the replies on one connection of HTTP/1.1, in whatever pieces they come. Source: RFC 9112, sections 4 to 7. */
export class ReplyReader {
  /** Of the request whose reply comes next: one to HEAD has no body. */
  method = 'GET';
  readonly #listener: ReplyListener;
  readonly #keepsBodies: boolean;
  #state: State = { at: 'head' };
  #rest: Buffer = Buffer.from(NO_BYTES);
  #body: Buffer[] = [];
  #trailers: WireField[] = [];
  #trailerBytes = 0;
  /** Under load one head is as the last, but for its date. */
  #last: { readonly text: string; readonly method: string; readonly head: Head } | undefined;

  constructor(listener: ReplyListener, bodies: 'keep-bodies' | 'drop-bodies') {
    this.#listener = listener;
    this.#keepsBodies = bodies === 'keep-bodies';
  }

  /** What is wrong with what came, if it is not HTTP; nothing is read after it. */
  get malformed(): string | undefined {
    return this.#state.at === 'malformed' ? this.#state.why : undefined;
  }

  /** Whether part of a reply has come. */
  get isWithin(): boolean {
    return this.#state.at !== 'malformed' && (this.#state.at !== 'head' || this.#rest.byteLength > 0);
  }

  /** Takes what came. The bytes are copied if they are needed later. */
  push(bytes: Buffer): void {
    this.#rest = this.#rest.byteLength === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#step());
    if (this.#rest.byteLength > 0) this.#rest = Buffer.from(this.#rest);
  }

  /** The connection has ended, cleanly or not: a body that only its end ends is whole if it was clean. */
  end(how: 'closed' | 'reset'): void {
    const state = this.#state;
    if (state.at === 'head' || state.at === 'malformed') return;
    const isWhole = state.head.framing === 'close' && how === 'closed';
    this.#finish(state.head, isWhole);
  }

  /** Whether there is more to do with what has come. */
  #step(): boolean {
    const state = this.#state;
    switch (state.at) {
      case 'head':
        return this.#readHead();
      case 'body':
        return this.#takeBody(state, () => this.#finish(state.head, true));
      case 'chunk-size':
        return this.#readChunkSize(state.head);
      case 'chunk':
        return this.#takeBody(state, () => (this.#state = { at: 'chunk-end', head: state.head }));
      case 'chunk-end':
        return this.#readChunkEnd(state.head);
      case 'trailers':
        return this.#readTrailer(state.head);
      case 'malformed':
        this.#rest = Buffer.from(NO_BYTES);
        return false;
      default:
        return state satisfies never;
    }
  }

  #readHead(): boolean {
    const text = this.#takeThrough(HEAD_END);
    if (text === undefined) return this.#refuseStart();
    const head = this.#parseHead(text.slice(0, -HEAD_END.length));
    if (head === undefined) return this.#refuse(`a head that is not HTTP: ${JSON.stringify(text.slice(0, 100))}`);
    if (head.status < 200 && head.status !== 101) {
      this.#listener.onInterim(head.status);
      return true;
    }
    this.#body = [];
    this.#trailers = [];
    this.#trailerBytes = 0;
    if (head.framing === 'chunked') this.#state = { at: 'chunk-size', head };
    else if (head.byteLength === 0) this.#finish(head, true);
    else this.#state = { at: 'body', head, left: head.byteLength };
    return true;
  }

  /** What can no longer become a status line is told as soon as it is seen: nothing may follow it. */
  #refuseStart(): boolean {
    const start = this.#rest.toString('latin1', 0, 5);
    if (!'HTTP/'.startsWith(start)) return this.#refuse(`bytes that are not HTTP: ${JSON.stringify(start)}`);
    return this.#rest.byteLength > MAX_HEAD_BYTES ? this.#refuse('a head of more than 1 MiB') : false;
  }

  #refuseLong(): boolean {
    return this.#rest.byteLength > MAX_HEAD_BYTES ? this.#refuse('a line of more than 1 MiB') : false;
  }

  #parseHead(text: string): Head | undefined {
    const { method } = this;
    if (this.#last?.text === text && this.#last.method === method) return this.#last.head;
    const [statusLine = '', ...lines] = text.split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine)?.[1] ?? Number.NaN);
    const fields = lines.map(parseField);
    if (Number.isNaN(status) || !fields.every((field) => field !== undefined)) return undefined;
    const head = toHead({ status, fields, method, isOld: statusLine.startsWith('HTTP/1.0') });
    this.#last = { text, method, head };
    return head;
  }

  #readChunkSize(head: Head): boolean {
    const line = this.#takeThrough('\r\n');
    if (line === undefined) return this.#refuseLong();
    const [, digits] = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?\r\n$/.exec(line) ?? [];
    if (digits === undefined) return this.#refuse(`a chunk size that is none: ${JSON.stringify(line.slice(0, 40))}`);
    const left = Number.parseInt(digits, 16);
    this.#state = left === 0 ? { at: 'trailers', head } : { at: 'chunk', head, left };
    return true;
  }

  #readChunkEnd(head: Head): boolean {
    if (this.#rest.byteLength < 2) return false;
    if (this.#rest.toString('latin1', 0, 2) !== '\r\n') return this.#refuse('a chunk that is longer than its size');
    this.#rest = this.#rest.subarray(2);
    this.#state = { at: 'chunk-size', head };
    return true;
  }

  #readTrailer(head: Head): boolean {
    const line = this.#takeThrough('\r\n');
    if (line === undefined) return this.#refuseLong();
    if (line === '\r\n') {
      this.#finish(head, true);
      return true;
    }
    const field = parseField(line.slice(0, -2));
    if (field === undefined) return this.#refuse(`a trailer that is none: ${JSON.stringify(line.slice(0, 100))}`);
    this.#trailers.push(field);
    this.#trailerBytes += line.length;
    return this.#trailerBytes <= MAX_HEAD_BYTES || this.#refuse('trailers of more than 1 MiB');
  }

  #takeBody(state: { left: number }, whenWhole: () => void): boolean {
    const bytes = this.#rest.subarray(0, Math.min(state.left, this.#rest.byteLength));
    if (bytes.byteLength === 0) return false;
    if (this.#keepsBodies) this.#body.push(Buffer.from(bytes));
    this.#rest = this.#rest.subarray(bytes.byteLength);
    state.left -= bytes.byteLength;
    if (state.left === 0) whenWhole();
    return true;
  }

  #takeThrough(delimiter: string): string | undefined {
    const at = this.#rest.indexOf(delimiter, 0, 'latin1');
    if (at === -1) return undefined;
    const text = this.#rest.toString('latin1', 0, at + delimiter.length);
    this.#rest = this.#rest.subarray(text.length);
    return text;
  }

  #finish({ status, fields, framing, isLast }: Head, isWhole: boolean): void {
    this.#state = { at: 'head' };
    const body = Buffer.concat(this.#body);
    this.#listener.onReply({ status, fields, framing, isLast, body, trailers: this.#trailers, isWhole });
  }

  #refuse(why: string): false {
    this.#state = { at: 'malformed', why };
    return false;
  }
}

interface Start {
  readonly status: number;
  readonly fields: readonly WireField[];
  readonly method: string;
  readonly isOld: boolean;
}

/** Source: RFC 9112, section 6.3. */
function toHead({ status, fields, method, isOld }: Start): Head {
  const connection = valuesOf(fields, 'connection').join(',').toLowerCase();
  const isLast = connection.includes('close') || (isOld && !connection.includes('keep-alive'));
  const head = { status, fields, isLast };
  const hasNone = method === 'HEAD' || status === 204 || status === 304 || (method === 'CONNECT' && status < 300);
  if (hasNone) return { ...head, framing: 'none', byteLength: 0 };
  if (valuesOf(fields, 'transfer-encoding').at(-1)?.toLowerCase().endsWith('chunked') === true) {
    return { ...head, framing: 'chunked', byteLength: 0 };
  }
  const [length] = valuesOf(fields, 'content-length');
  if (length !== undefined && /^\d+$/.test(length)) return { ...head, framing: 'length', byteLength: Number(length) };
  return { ...head, framing: 'close', byteLength: Infinity, isLast: true };
}

function parseField(line: string): WireField | undefined {
  const colon = line.indexOf(':');
  if (colon < 1) return undefined;
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
}

/** The values of a field by its name in lower case, in order. */
function valuesOf(fields: readonly WireField[], name: string): string[] {
  return fields.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
}
