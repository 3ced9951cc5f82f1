import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { callSafely } from '../../util/bug.ts';
import { UpstreamFailure } from '../to-error-code.ts';
import { type FieldEntries, firstValue } from '../../http/field-entries.ts';
import type { OutboundRequest } from '../send-request.ts';
import { parseContentLength } from '../../http/syntax.ts';
import { assertWireFields } from '../../http/assert-wire-fields.ts';
import { type CarryResult, type ConnectionOwner, toKeepMs, type UpstreamConnection } from './connection.ts';
import { toAnnounced } from './http1-head.ts';
import { MAX_SECTION_BYTES } from './http1-parser.ts';
import { toStreamFailure } from './stream-failure.ts';
import { toEntries, toHttp2Fields, toHttp2Head } from './http2-head.ts';
import { onceEnded } from './once-ended.ts';
import type { BodyWire } from './request-body.ts';
import type { UpstreamSocket } from './connect-upstream.ts';
import type { UpstreamExchange, Wire } from './upstream-exchange.ts';

/** The request that is under way. */
interface ActiveRequest {
  readonly request: OutboundRequest;
  readonly exchange: UpstreamExchange;
  readonly stream: ClientHttp2Stream;
  readonly done: (carried: CarryResult) => void;
  /** Set when the upstream has ended its response. A stream can also end without that. */
  isComplete: boolean;
  /** The length declared in the head, and how much of the body has arrived. */
  declaredBytes: bigint | undefined;
  receivedBytes: number;
  error: Error | undefined;
  /** Bytes of the body that arrived before Node emits the head; `undefined` after that. */
  early: Buffer[] | undefined;
}

/** How much an upstream may send before it is read. */
const WINDOW_BYTES = 128 * 1024;
/**
 * How large a head Node accepts, by HTTP/2's count, before it resets the stream: far above our own limit, so that we can give the reason, but low
 * enough to bound what a few bytes of HPACK can expand to.
 */
const MAX_NODE_HEAD_BYTES = 1024 * 1024;
const MAX_NODE_FIELDS = MAX_NODE_HEAD_BYTES / 32;

/**
 * An HTTP/2 connection over TLS. It carries one request at a time: giving up a request closes the connection, which no upstream can mistake for the
 * end of a request, and requests cannot hold each other up.
 */
export class Http2Connection implements UpstreamConnection, Wire, BodyWire {
  readonly #upstream: UpstreamSocket;
  readonly #owner: ConnectionOwner;
  readonly #session: ClientHttp2Session;
  #active: ActiveRequest | undefined;
  #requestCount = 0;
  #lastStreamId = Number.POSITIVE_INFINITY;

  constructor(upstream: UpstreamSocket, owner: ConnectionOwner) {
    this.#upstream = upstream;
    this.#owner = owner;
    this.#session = connect('https://upstream', {
      createConnection: () => upstream.socket,
      settings: { enablePush: false, initialWindowSize: WINDOW_BYTES, maxHeaderListSize: MAX_NODE_HEAD_BYTES },
      maxHeaderListPairs: MAX_NODE_FIELDS,
      // Not in Node's types yet. Which fields may be repeated is up to the guest, as over HTTP/1.1.
      ...{ strictSingleValueFields: false },
    });
    this.#session.on('error', (error) => {
      if (this.#active !== undefined) this.#active.error ??= error;
    });
    this.#session.on('goaway', (_code, lastStreamId) => (this.#lastStreamId = lastStreamId));
    this.#session.on('connect', () => this.#session.destroyed || this.#session.setLocalWindowSize(WINDOW_BYTES));
    this.#session.on('close', () => {
      this.#broke();
      this.destroy();
      owner.closed(this);
    });
  }

  get isOpen(): boolean {
    const { closed, destroyed } = this.#session;
    return this.#active === undefined && !closed && !destroyed && !this.#upstream.socket.destroyed;
  }

  get keepMs(): number {
    return toKeepMs(undefined);
  }

  /** An upstream may refuse to process a request on any connection, and say so. */
  get mayBeStale(): boolean {
    return true;
  }

  carry(request: OutboundRequest, exchange: UpstreamExchange): Promise<CarryResult> {
    const { promise, resolve } = Promise.withResolvers<CarryResult>();
    try {
      const stream = this.#session.request(toHttp2Head(request), {
        endStream: request.body === undefined,
        waitForTrailers: request.body !== undefined && request.fields.some(([name]) => name === 'trailer'),
      });
      const counts = { isComplete: false, declaredBytes: undefined, receivedBytes: 0, error: undefined, early: [] };
      this.#active = { request, exchange, stream, done: resolve, ...counts };
    } catch (error) {
      exchange.fail(error);
      this.#owner.freed(this);
      return Promise.resolve('done');
    }
    this.#requestCount += 1;
    this.#upstream.raw.ref();
    this.#listen(this.#active);
    exchange.attach(this);
    if (exchange.isOver) return promise;
    exchange.connected();
    exchange.outgoing?.sendTo(this);
    return promise;
  }

  write(bytes: Uint8Array): boolean {
    const stream = this.#active?.stream;
    return stream !== undefined && !stream.destroyed && stream.write(bytes);
  }

  end(trailers: FieldEntries): void {
    if (this.#active === undefined) return;
    const { stream, request, exchange } = this.#active;
    const send = (): void => {
      assertWireFields(trailers);
      const fields = toHttp2Fields(toAnnounced(request.fields, trailers));
      stream.sendTrailers(
        Object.fromEntries(
          Map.groupBy(fields, ([name]) => name)
            .entries()
            .map(toJoined),
        ),
      );
    };
    stream.on('wantTrailers', () => exchange.attempt(send));
    stream.end();
  }

  pause(): void {
    this.#active?.stream.pause();
  }

  resume(): void {
    this.#active?.stream.resume();
  }

  release(isClean: boolean): void {
    const active = this.#active;
    this.#active = undefined;
    if (!isClean) this.destroy();
    else if (this.isOpen) {
      this.#upstream.raw.unref();
      this.#owner.freed(this);
    }
    active?.done('done');
  }

  /** Destroys the socket first: a session that still has something to send would keep trying forever. */
  destroy(): void {
    this.#upstream.socket.destroy();
    callSafely(() => this.#session.destroy());
  }

  #listen(active: ActiveRequest): void {
    const { stream, exchange } = active;
    stream.on('headers', () => exchange.informational());
    stream.on('response', (head, _flags, raw) => exchange.attempt(() => this.#head(active, head[':status'] ?? 0, raw)));
    stream.on('data', (bytes: Buffer) => {
      active.receivedBytes += bytes.byteLength;
      if (active.early === undefined) exchange.bytes(bytes);
      else active.early.push(bytes);
    });
    let trailers: FieldEntries = [];
    stream.on('trailers', (_fields, _flags, raw) => (trailers = toEntries(raw)));
    onceEnded(stream, () => (active.isComplete = !stream.closed));
    stream.on('end', () => {
      if (active.isComplete) exchange.attempt(() => this.#complete(exchange, trailers));
      else this.#broke(active);
    });
    stream.on('drain', () => exchange.outgoing?.drained());
    stream.on('error', (error) => (active.error ??= error));
    stream.on('close', () => this.#broke(active));
  }

  #head(active: ActiveRequest, status: number, raw: readonly string[]): void {
    const fields = toEntries(raw);
    if (status < 100) throw new UpstreamFailure({ tag: 'HTTP-protocol-error' }, `invalid status ${status}`);
    if (byteLengthOf(fields) > MAX_SECTION_BYTES) {
      throw new UpstreamFailure({ tag: 'HTTP-response-header-section-size', val: undefined });
    }
    active.declaredBytes = parseContentLength(firstValue(fields, 'content-length') ?? '');
    active.exchange.head(status, fields);
    const { early = [] } = active;
    active.early = undefined;
    for (const bytes of early) active.exchange.bytes(bytes);
  }

  #complete(exchange: UpstreamExchange, trailers: FieldEntries): void {
    if (byteLengthOf(trailers) > MAX_SECTION_BYTES) {
      throw new UpstreamFailure({ tag: 'HTTP-response-trailer-section-size', val: undefined });
    }
    exchange.end(trailers);
  }

  /** The stream of `active`, or the whole connection, has ended. */
  #broke(active: ActiveRequest | undefined = this.#active): void {
    if (active === undefined || active !== this.#active) return;
    this.#active = undefined;
    const { stream, exchange } = active;
    const failure = toFailure(active);
    const isLeftAlone = this.#isLeftAlone(stream);
    if (this.#requestCount > 1 && !isLeftAlone && exchange.isUnanswered) this.#owner.stale(this);
    const isAgain = (isLeftAlone || this.#requestCount > 1) && exchange.mayRepeat(failure, isLeftAlone);
    const isByHttp1 = stream.rstCode === constants.NGHTTP2_HTTP_1_1_REQUIRED;
    this.destroy();
    if (!isAgain) exchange.fail(failure);
    active.done(isAgain ? (isByHttp1 ? 'retry-with-http1' : 'retry') : 'done');
  }

  /** Whether the upstream has said that it did not process the request. Source: RFC 9113, 6.8 and 8.7. */
  #isLeftAlone({ id, rstCode }: ClientHttp2Stream): boolean {
    if (rstCode === constants.NGHTTP2_REFUSED_STREAM || rstCode === constants.NGHTTP2_HTTP_1_1_REQUIRED) return true;
    return id === undefined || id > this.#lastStreamId;
  }
}

/** Node reports a body shorter than its length like any other protocol error. */
function toFailure({ stream, error, declaredBytes, receivedBytes }: ActiveRequest): UpstreamFailure {
  if (declaredBytes !== undefined && receivedBytes < declaredBytes) {
    return new UpstreamFailure({ tag: 'connection-terminated' }, 'the body is shorter than its length');
  }
  return toStreamFailure(stream.rstCode, error);
}

/** The size as HTTP/1.1 would count it. */
function byteLengthOf(fields: FieldEntries): number {
  return fields.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
}

function toJoined([name, entries]: readonly [string, FieldEntries]): readonly [string, string[]] {
  return [name, entries.map(([, value]) => value)];
}
