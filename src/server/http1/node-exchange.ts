import { type IncomingMessage, STATUS_CODES, type ServerResponse } from 'node:http';
import type { ClientLimits } from '../../config/listener-options.ts';
import { type BodySource, EMPTY_BODY } from '../../http/body-source.ts';
import type { ErrorCode } from '../../http/error-code.ts';
import { type FieldEntries, toByteString } from '../../http/field-entries.ts';
import type { RequestHead } from '../../http/request-head.ts';
import { isAuthority, membersOf } from '../../http/syntax.ts';
import { assertWireFields } from '../../http/assert-wire-fields.ts';
import { Wakers, type Readiness } from '../../io/readiness.ts';
import { callSafely, warnOfBug } from '../../util/bug.ts';
import {
  type IpAddress,
  type IpNetwork,
  containsAddress,
  parseIpAddress,
  parseIpNetwork,
} from '../../util/ip-network.ts';
import { ClientPace, type ClientSample } from './client-pace.ts';
import type { Failure } from '../failure.ts';
import { type Exchange, type ReplyHead, type ReplySink, contentLengthOf, isTunnel } from '../exchange.ts';
import { endAfter } from './linger.ts';
import { LimitedIncoming } from './limited-incoming.ts';
import type { Sweep } from './sweep.ts';
import { NodeBody, pairUp } from './node-body.ts';
import { endsConnection, refusalOf, targetOf } from './refusal.ts';
import { Violation } from '../violation.ts';

/** What a guest reads of a malformed body. */
const MALFORMED: ErrorCode = Object.freeze({ tag: 'HTTP-protocol-error' });

/** What a guest reads of a body that arrives too slowly. */
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
  /** Made at the first sweep at which the guest waits: most requests are over by then. */
  #pace: ClientPace | undefined;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, limits: ClientLimits) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#limits = limits;
    const rules = { limits, violation: this.violation };
    this.#body = hasBody(incoming) ? new NodeBody(incoming, outgoing, rules) : undefined;
    this.head = new NodeHead(incoming, limits.trustProxy);
    this.body = this.#body ?? EMPTY_BODY;
    this.reply = new NodeReply(incoming, outgoing);
    this.clientLeft = new ClientLeft(incoming, outgoing);
    this.refusal = refusalOf(incoming, limits);
    this.endsConnection = this.refusal !== undefined || endsConnection(incoming);
    if (this.endsConnection) endAfter(outgoing, incoming.socket);
    outgoing.on('error', closeBroken);
  }

  /** For an app that answers by Node's own means: its body keeps to the limits for clients. */
  get forApp(): { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse } {
    const incoming = this.#body === undefined ? this.#incoming : new LimitedIncoming(this.#incoming, this.#body);
    return { incoming: incoming as IncomingMessage, outgoing: this.#outgoing };
  }

  get isFirst(): boolean {
    return this.#incoming.socket.bytesWritten === 0;
  }

  get hasBody(): boolean {
    return this.#body !== undefined;
  }

  /**
   * Whether the whole request has arrived. One without a body has not either while its head is parsed: so guests begin when all that came in a turn of the loop
   * has been parsed, one after the other. Each beginning right behind its parser took 40 % more CPU time for `hello`, where caches are small.
   */
  get isWhole(): boolean {
    return this.#incoming.complete;
  }

  /** Ends a body that takes too long. Called at each sweep. */
  checkBody(sweep: Sweep): void {
    this.#body?.check(sweep);
  }

  /** For how long the slow client has kept its guest waiting, in milliseconds. Called at each sweep while places are scarce. */
  measurePace(elapsedMs: number, taken: Pick<ClientSample, 'takenBytes' | 'isTaken'>): number {
    this.#pace ??= new ClientPace(this.#limits);
    const isAwaited = this.#body?.isAwaited === true;
    return this.#pace.measure(elapsedMs, { readBytes: this.#incoming.socket.bytesRead, isAwaited, ...taken });
  }

  /** Whether there is a guest that has waited for something and is not over. */
  get holdsGuest(): boolean {
    return this.violation.hasGuest;
  }

  /** Ends the guest, because the client is too slow while others wait for its place. Returns the failure if the client cannot be told of it, since a head is sent. */
  evict(): Failure | undefined {
    const failure = this.#pace?.failure;
    if (failure === undefined) return undefined;
    if (this.#body?.isAwaited === true) this.#body.violate(failure, TOO_SLOW);
    else this.violation.set(failure);
    return this.#outgoing.headersSent ? failure : undefined;
  }

  /** The rest of the request never arrives. */
  breakOff(failure: Failure): void {
    this.#body?.violate(failure, MALFORMED);
  }

  [Symbol.dispose](): void {
    this.#body?.drain();
  }
}

/** Node emits an error for a write to a reply that has ended: a bug of ours. The connection is closed. */
function closeBroken(this: ServerResponse, error: Error): void {
  this.destroy();
  warnOfBug(error);
}

/** Reads a part of Node's message when it is asked for. */
class NodeHead implements RequestHead {
  readonly #incoming: IncomingMessage;
  readonly #proxies: ClientLimits['trustProxy'];
  #fields: FieldEntries | undefined;

  constructor(incoming: IncomingMessage, proxies: ClientLimits['trustProxy']) {
    this.#incoming = incoming;
    this.#proxies = proxies;
  }

  get method(): string {
    return this.#incoming.method ?? 'GET';
  }

  get scheme(): RequestHead['scheme'] {
    const forwarded = this.#forwarded('x-forwarded-proto')?.toUpperCase();
    if (forwarded === 'HTTP' || forwarded === 'HTTPS') return forwarded;
    return 'encrypted' in this.#incoming.socket ? 'HTTPS' : 'HTTP';
  }

  get authority(): string {
    const forwarded = this.#forwarded('x-forwarded-host');
    if (forwarded !== undefined && isAuthority(forwarded)) return forwarded;
    return targetOf(this.#incoming)?.authority ?? this.#incoming.headers.host ?? '';
  }

  get pathWithQuery(): string | undefined {
    const target = targetOf(this.#incoming);
    return target === undefined ? this.#incoming.url : target.pathWithQuery;
  }

  get fields(): FieldEntries {
    return (this.#fields ??= this.#readFields());
  }

  #readFields(): FieldEntries {
    const fields = pairUp(this.#incoming.rawHeaders);
    if (this.#proxies.length === 0 || isFrom(this.#incoming, this.#proxies)) return fields;
    return fields.filter(([name]) => name !== 'forwarded' && !name.startsWith('x-forwarded-'));
  }

  /** What a trusted proxy says. Of several values the last is that of the proxy that is connected; the client may have sent the others. */
  #forwarded(name: 'x-forwarded-proto' | 'x-forwarded-host'): string | undefined {
    if (this.#proxies.length === 0) return undefined;
    const value = this.#incoming.headers[name];
    return value !== undefined && isFrom(this.#incoming, this.#proxies) ? membersOf(`${value}`).at(-1) : undefined;
  }
}

/** Whether a request comes from one of `networks`. The texts are read each time, in a microsecond each: only guests that ask need it. */
function isFrom({ socket }: IncomingMessage, networks: readonly string[]): boolean {
  const peer = parseIpAddress(socket.remoteAddress ?? '');
  return peer !== undefined && networks.some((text) => isWithin(parseIpNetwork(text), peer));
}

function isWithin(network: IpNetwork | undefined, address: IpAddress): boolean {
  return network !== undefined && containsAddress(network, address);
}

/** What follows CONNECT would be its tunnel, even if the fields announce a body. Source: RFC 9110, 9.3.6. */
function hasBody({ method, headers }: IncomingMessage): boolean {
  if (method === 'CONNECT') return false;
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

/** By the second interim response, the reset that answers the first has to have arrived. */
const ASK_AGAIN_MS = 500;

/**
 * Ready when the connection closed before the reply was written in full.
 *
 * A client that has closed the connection looks like one that sends no more but waits for its reply, until something is sent to it: then only the
 * former resets the connection. So interim responses are sent to find out, while there is no reply. Source: RFC 9110, 15.2.
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
    const ended = (): void => callSafely(() => this.#probeTwice());
    socket.once('end', ended);
    if (socket.readableEnded) ended();
    this.#outgoing.once('close', () => {
      socket.off('end', ended);
      clearTimeout(this.#timer);
      wakers.wake();
    });
    return wakers;
  }

  #probeTwice(): void {
    this.#probe();
    this.#timer = setTimeout(() => callSafely(() => this.#probe()), ASK_AGAIN_MS);
  }

  #probe(): void {
    const outgoing = this.#outgoing;
    if (this.#incoming.httpVersion !== '1.1' || outgoing.socket === null) return;
    if (!outgoing.closed && !outgoing.headersSent) outgoing.writeProcessing();
  }
}

/** For a larger body, a second write costs less than copying the body behind the head. */
const MAX_JOINED_BYTES = 4096;

class NodeReply implements ReplySink {
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  #writable: Readiness | undefined;
  /** Whether the head that was sent has a body behind it. */
  #hasBody = true;

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
    if (!this.#hasBody) this.#outgoing.end();
    // Node appends a string to the head and writes both together.
    else if (body.byteLength <= MAX_JOINED_BYTES) this.#outgoing.end(toByteString(body), 'latin1');
    else this.#outgoing.end(body);
  }

  start(head: ReplyHead): void {
    this.#writeHead(head);
    // `flushHeaders` would send the head as UTF-8. A reply without a body on the wire ends now, which sends its head.
    if (this.#hasBody) this.#outgoing.write('', 'latin1');
    else this.#outgoing.end();
  }

  write(bytes: Uint8Array): void {
    if (bytes.byteLength > 0 && this.#hasBody && !this.#outgoing.destroyed) this.#outgoing.write(bytes);
  }

  end(trailers: FieldEntries | undefined): void {
    if (trailers !== undefined && this.#outgoing.chunkedEncoding) {
      assertWireFields(trailers);
      this.#outgoing.addTrailers(trailers as [string, string][]);
    }
    this.#outgoing.end();
  }

  /** Without a head on the wire it is enough to close the connection, which does no harm to earlier replies. */
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
      // Node refuses to announce trailers if there cannot be any.
      if (name !== 'content-length' && (name !== 'trailer' || isChunked)) raw.push(name, value);
    }
    const byteLength = contentLengthOf({ status, fields, framing });
    const opensTunnel = isTunnel(this.#incoming.method, status);
    this.#hasBody = framing.by !== 'absence' && !opensTunnel;
    // Node would announce chunks.
    if (opensTunnel) this.#outgoing.useChunkedEncodingByDefault = false;
    else if (byteLength !== undefined) raw.push('content-length', byteLength);
    // The reason phrase is always given: Node keeps the one of a head that failed.
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
