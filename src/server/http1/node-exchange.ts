import { type IncomingMessage, STATUS_CODES, type ServerResponse } from 'node:http';
import type { ClientLimits } from '../../config/options.ts';
import { type BodySource, EMPTY_BODY } from '../../http/body-source.ts';
import type { ErrorCode } from '../../http/error-code.ts';
import { type FieldEntries, toByteString } from '../../http/field-entries.ts';
import type { RequestHead } from '../../http/request-head.ts';
import { assertWireFields } from '../../http/wire-door.ts';
import { Wakers, type Readiness } from '../../io/readiness.ts';
import { callSafely, warnOfBug } from '../../util/bug.ts';
import { ClientPace, type ClientSight } from './client-pace.ts';
import type { Failure } from '../failure.ts';
import { type Exchange, type ReplyHead, type ReplySink, lengthToTell } from '../exchange.ts';
import { endAfter } from './linger.ts';
import type { Look } from './look.ts';
import { NodeBody, pairUp } from './node-body.ts';
import { endsConnection, refusalOf, targetOf } from './refusal.ts';
import { Violation } from '../violation.ts';

/** What a guest reads of a body that breaks the rules. */
const MALFORMED: ErrorCode = Object.freeze({ tag: 'HTTP-protocol-error' });

/** What a guest reads of a body that comes too slowly. */
const TOO_SLOW: ErrorCode = Object.freeze({ tag: 'connection-read-timeout' });

/** A request and its reply on a socket of ours: raw header bytes in, direct writes out, backpressure both ways. */
export class NodeExchange implements Exchange {
  readonly head: RequestHead;
  readonly body: BodySource;
  readonly reply: ReplySink;
  readonly clientLeft: Readiness;
  readonly refusal: Failure | undefined;
  readonly violation = new Violation();
  /** Whether no request that follows on the connection is answered. */
  readonly endsConnection: boolean;
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  readonly #body: NodeBody | undefined;
  readonly #limits: ClientLimits;
  /** From the first look on at which the guest waits: most are over by then. */
  #pace: ClientPace | undefined;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, limits: ClientLimits) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#limits = limits;
    const rules = { limits, violation: this.violation };
    this.#body = hasBody(incoming) ? new NodeBody(incoming, outgoing, rules) : undefined;
    this.head = new NodeHead(incoming);
    this.body = this.#body ?? EMPTY_BODY;
    this.reply = new NodeReply(incoming, outgoing);
    this.clientLeft = new ClientLeft(incoming, outgoing);
    this.refusal = refusalOf(incoming, limits);
    this.endsConnection = this.refusal !== undefined || endsConnection(incoming);
    if (this.endsConnection) endAfter(outgoing, incoming.socket);
    outgoing.on('error', closeBroken);
  }

  get isFirst(): boolean {
    return this.#incoming.socket.bytesWritten === 0;
  }

  get hasBody(): boolean {
    return this.#body !== undefined;
  }

  /** Whether all of the request has come. */
  get isWhole(): boolean {
    return this.#incoming.complete;
  }

  /** Ends a body that takes too long. */
  lookAtBody(look: Look): void {
    this.#body?.look(look);
  }

  /** For how long the client has kept its guest waiting by being slow, in milliseconds. Looked at from time to time while requests wait for their turn. */
  lookAtPace(elapsedMs: number, taken: Pick<ClientSight, 'takenBytes' | 'isTaken'>): number {
    this.#pace ??= new ClientPace(this.#limits);
    const isAwaited = this.#body?.isAwaited === true;
    return this.#pace.look(elapsedMs, { readBytes: this.#incoming.socket.bytesRead, isAwaited, ...taken });
  }

  /** Whether it has a guest that waits, or did. */
  get holdsGuest(): boolean {
    return this.violation.isHeeded;
  }

  /** Ends the guest, because its client is too slow for the place that it holds. Returns why, where the client is not told because a head is out. */
  evict(): Failure | undefined {
    const failure = this.#pace?.failure;
    if (failure === undefined) return undefined;
    if (this.#body?.isAwaited === true) this.#body.violate(failure, TOO_SLOW);
    else this.violation.commit(failure);
    return this.#outgoing.headersSent ? failure : undefined;
  }

  /** The rest of the request never comes. */
  breakOff(failure: Failure): void {
    this.#body?.violate(failure, MALFORMED);
  }

  [Symbol.dispose](): void {
    this.#body?.drain();
  }
}

/** Node fails a reply so that is written to when it has ended: a bug of ours, which closes its connection. */
function closeBroken(this: ServerResponse, error: Error): void {
  this.destroy();
  warnOfBug(error);
}

/** Reads from Node's message what is asked for. */
class NodeHead implements RequestHead {
  readonly #incoming: IncomingMessage;
  #fields: FieldEntries | undefined;

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
  }

  get method(): string {
    return this.#incoming.method ?? 'GET';
  }

  get scheme(): RequestHead['scheme'] {
    return 'encrypted' in this.#incoming.socket ? 'HTTPS' : 'HTTP';
  }

  get authority(): string {
    return targetOf(this.#incoming)?.authority ?? this.#incoming.headers.host ?? '';
  }

  get pathWithQuery(): string {
    return targetOf(this.#incoming)?.pathWithQuery ?? this.#incoming.url ?? '/';
  }

  get fields(): FieldEntries {
    return (this.#fields ??= pairUp(this.#incoming.rawHeaders));
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

/** The reset that answers an interim response has to be here before the next, which finds it. */
const ASK_AGAIN_MS = 500;

/**
 * Ready once the connection closed before the reply was written in full.
 *
 * A client that has closed looks like one that will send no more but waits for its reply, until something is sent to it: only the
 * first then resets the connection. So while there is no reply yet, interim responses ask. Source: RFC 9110, 15.2.
 */
class ClientLeft implements Readiness {
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  #wakers: Wakers | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  isReady(): boolean {
    return this.#outgoing.closed && !this.#outgoing.writableFinished;
  }

  onReady(wake: () => void): void {
    this.#wakers ??= this.#listen();
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers?.remove(wake);
  }

  #listen(): Wakers {
    const wakers = new Wakers();
    const { socket } = this.#incoming;
    const ended = (): void => callSafely(() => this.#askTwice());
    socket.once('end', ended);
    if (socket.readableEnded) ended();
    this.#outgoing.once('close', () => {
      socket.off('end', ended);
      clearTimeout(this.#timer);
      wakers.wake();
    });
    return wakers;
  }

  #askTwice(): void {
    this.#ask();
    this.#timer = setTimeout(() => callSafely(() => this.#ask()), ASK_AGAIN_MS);
  }

  #ask(): void {
    const outgoing = this.#outgoing;
    if (this.#incoming.httpVersion !== '1.1' || outgoing.socket === null) return;
    if (!outgoing.closed && !outgoing.headersSent) outgoing.writeProcessing();
  }
}

/** A larger body costs more to copy behind its head than a second write. */
const MAX_JOINED_BYTES = 4096;

class NodeReply implements ReplySink {
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  #writable: Readiness | undefined;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  get writable(): Readiness {
    return (this.#writable ??= writableOf(this.#outgoing));
  }

  get isHeadSent(): boolean {
    return this.#outgoing.headersSent;
  }

  whole(head: ReplyHead, body: Uint8Array): void {
    this.#writeHead(head);
    if (head.framing.by === 'absence') this.#outgoing.end();
    // As a string Node puts it behind the head and writes both at once.
    else if (body.byteLength <= MAX_JOINED_BYTES) this.#outgoing.end(toByteString(body), 'latin1');
    else this.#outgoing.end(body);
  }

  start(head: ReplyHead): void {
    this.#writeHead(head);
    // `flushHeaders` would send the head as UTF-8; one without a body on the wire goes out when the reply ends, which is now.
    if (head.framing.by === 'absence') this.#outgoing.end();
    else this.#outgoing.write('', 'latin1');
  }

  write(bytes: Uint8Array): void {
    if (bytes.byteLength > 0 && !this.#outgoing.destroyed) this.#outgoing.write(bytes);
  }

  end(trailers: FieldEntries | undefined): void {
    if (trailers !== undefined && this.#outgoing.chunkedEncoding) {
      assertWireFields(trailers);
      this.#outgoing.addTrailers(trailers as [string, string][]);
    }
    this.#outgoing.end();
  }

  /** Without a head on the wire it is enough to close, which harms no earlier reply. */
  abort(): void {
    const { socket } = this.#outgoing;
    if (this.#outgoing.writableEnded) return;
    if (this.isHeadSent) socket?.resetAndDestroy();
    else socket?.destroy();
  }

  #writeHead({ status, fields, framing }: ReplyHead): void {
    assertWireFields(fields);
    const isChunked = framing.by === 'chunks' && this.#incoming.httpVersion === '1.1';
    const raw: string[] = [];
    for (const [name, value] of fields) {
      // Node refuses to announce trailers where there can be none.
      if (name !== 'content-length' && (name !== 'trailer' || isChunked)) raw.push(name, value);
    }
    const byteLength = lengthToTell({ status, fields, framing });
    if (byteLength !== undefined) raw.push('content-length', byteLength);
    // Given in full each time: Node keeps the phrase of a head that failed.
    this.#outgoing.writeHead(status, STATUS_CODES[status] ?? 'unknown', raw);
  }
}

function writableOf(outgoing: ServerResponse): Readiness {
  return {
    isReady: () => !outgoing.writableNeedDrain,
    onReady: (wake) => void outgoing.on('drain', wake),
    offReady: (wake) => void outgoing.off('drain', wake),
  };
}
