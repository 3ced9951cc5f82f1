import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { callSafely } from '../../util/bug.ts';
import { UpstreamFailure } from '../error-table.ts';
import { type FieldEntries, firstValue } from '../../http/field-entries.ts';
import type { OutboundRequest } from '../send-request.ts';
import { parseContentLength } from '../../http/syntax.ts';
import { assertWireFields } from '../../http/wire-door.ts';
import { type Carried, type ConnectionOwner, toKeepMs, type UpstreamConnection } from './connection.ts';
import { toAnnounced } from './http1-head.ts';
import { MAX_SECTION_BYTES } from './http1-parser.ts';
import { toStreamFailure } from './http2-failure.ts';
import { toEntries, toHttp2Fields, toHttp2Head } from './http2-head.ts';
import { onceEnded } from './once-ended.ts';
import type { BodyWire } from './request-body.ts';
import type { UpstreamSocket } from './upstream-connect.ts';
import type { UpstreamExchange, Wire } from './upstream-exchange.ts';

/** The request that is under way. */
interface Turn {
  readonly request: OutboundRequest;
  readonly exchange: UpstreamExchange;
  readonly stream: ClientHttp2Stream;
  readonly done: (carried: Carried) => void;
  /** Set when the upstream has said that its response is complete. A stream also ends without. */
  isComplete: boolean;
  /** The length of the body that the head declares, and what has come. */
  declaredBytes: bigint | undefined;
  receivedBytes: number;
  error: Error | undefined;
  /** What came of the body before Node tells of the head; `undefined` after that. */
  early: Buffer[] | undefined;
}

/** What an upstream may send ahead. */
const WINDOW_BYTES = 128 * 1024;
/**
 * What Node takes of a head, by HTTP/2's count, before it resets the stream: far above what is let through, so that we can say why, and low enough
 * for what a few bytes of HPACK can unfold to.
 */
const MAX_NODE_HEAD_BYTES = 1024 * 1024;
const MAX_NODE_FIELDS = MAX_NODE_HEAD_BYTES / 32;

/**
 * A connection that speaks HTTP/2, over TLS. It carries one request at a time: giving one up closes it, which no upstream can take for the end of
 * a request, and nothing of one request can hold up another.
 */
export class Http2Connection implements UpstreamConnection, Wire, BodyWire {
  readonly #upstream: UpstreamSocket;
  readonly #owner: ConnectionOwner;
  readonly #session: ClientHttp2Session;
  #turn: Turn | undefined;
  #turns = 0;
  #lastStreamId = Number.POSITIVE_INFINITY;

  constructor(upstream: UpstreamSocket, owner: ConnectionOwner) {
    this.#upstream = upstream;
    this.#owner = owner;
    this.#session = connect('https://upstream', {
      createConnection: () => upstream.socket,
      settings: { enablePush: false, initialWindowSize: WINDOW_BYTES, maxHeaderListSize: MAX_NODE_HEAD_BYTES },
      maxHeaderListPairs: MAX_NODE_FIELDS,
      // Not in Node's types yet. What may stand twice is the guest's business, as it is over HTTP/1.1.
      ...{ strictSingleValueFields: false },
    });
    this.#session.on('error', (error) => {
      if (this.#turn !== undefined) this.#turn.error ??= error;
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
    return this.#turn === undefined && !closed && !destroyed && !this.#upstream.socket.destroyed;
  }

  get keepMs(): number {
    return toKeepMs(undefined);
  }

  /** Any connection may leave a request alone, and say so. */
  get mayBeStale(): boolean {
    return true;
  }

  carry(request: OutboundRequest, exchange: UpstreamExchange): Promise<Carried> {
    const { promise, resolve } = Promise.withResolvers<Carried>();
    try {
      const stream = this.#session.request(toHttp2Head(request), {
        endStream: request.body === undefined,
        waitForTrailers: request.body !== undefined && request.fields.some(([name]) => name === 'trailer'),
      });
      const counts = { isComplete: false, declaredBytes: undefined, receivedBytes: 0, error: undefined, early: [] };
      this.#turn = { request, exchange, stream, done: resolve, ...counts };
    } catch (error) {
      exchange.fail(error);
      this.#owner.freed(this);
      return Promise.resolve('over');
    }
    this.#turns += 1;
    this.#upstream.raw.ref();
    this.#listen(this.#turn);
    exchange.attach(this);
    if (exchange.isOver) return promise;
    exchange.connected();
    exchange.outgoing?.sendTo(this);
    return promise;
  }

  write(bytes: Uint8Array): boolean {
    const stream = this.#turn?.stream;
    return stream !== undefined && !stream.destroyed && stream.write(bytes);
  }

  end(trailers: FieldEntries): void {
    if (this.#turn === undefined) return;
    const { stream, request, exchange } = this.#turn;
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
    this.#turn?.stream.pause();
  }

  resume(): void {
    this.#turn?.stream.resume();
  }

  release(isClean: boolean): void {
    const turn = this.#turn;
    this.#turn = undefined;
    if (!isClean) this.destroy();
    else if (this.isOpen) {
      this.#upstream.raw.unref();
      this.#owner.freed(this);
    }
    turn?.done('over');
  }

  /** The socket first: a session that still wants to send would try for ever. */
  destroy(): void {
    this.#upstream.socket.destroy();
    callSafely(() => this.#session.destroy());
  }

  #listen(turn: Turn): void {
    const { stream, exchange } = turn;
    stream.on('headers', () => exchange.informational());
    stream.on('response', (head, _flags, raw) => exchange.attempt(() => this.#head(turn, head[':status'] ?? 0, raw)));
    stream.on('data', (bytes: Buffer) => {
      turn.receivedBytes += bytes.byteLength;
      if (turn.early === undefined) exchange.bytes(bytes);
      else turn.early.push(bytes);
    });
    let trailers: FieldEntries = [];
    stream.on('trailers', (_fields, _flags, raw) => (trailers = toEntries(raw)));
    onceEnded(stream, () => (turn.isComplete = !stream.closed));
    stream.on('end', () => {
      if (turn.isComplete) exchange.attempt(() => this.#complete(exchange, trailers));
      else this.#broke(turn);
    });
    stream.on('drain', () => exchange.outgoing?.drained());
    stream.on('error', (error) => (turn.error ??= error));
    stream.on('close', () => this.#broke(turn));
  }

  #head(turn: Turn, status: number, raw: readonly string[]): void {
    const fields = toEntries(raw);
    if (status < 100) throw new UpstreamFailure({ tag: 'HTTP-protocol-error' }, `a status of ${status}`);
    if (byteLengthOf(fields) > MAX_SECTION_BYTES) {
      throw new UpstreamFailure({ tag: 'HTTP-response-header-section-size', val: undefined });
    }
    turn.declaredBytes = parseContentLength(firstValue(fields, 'content-length') ?? '');
    turn.exchange.head(status, fields);
    const { early = [] } = turn;
    turn.early = undefined;
    for (const bytes of early) turn.exchange.bytes(bytes);
  }

  #complete(exchange: UpstreamExchange, trailers: FieldEntries): void {
    if (byteLengthOf(trailers) > MAX_SECTION_BYTES) {
      throw new UpstreamFailure({ tag: 'HTTP-response-trailer-section-size', val: undefined });
    }
    exchange.end(trailers);
  }

  /** The stream of `turn`, or the whole connection, is at its end. */
  #broke(turn: Turn | undefined = this.#turn): void {
    if (turn === undefined || turn !== this.#turn) return;
    this.#turn = undefined;
    const { stream, exchange } = turn;
    const failure = toFailure(turn);
    const isLeftAlone = this.#isLeftAlone(stream);
    if (this.#turns > 1 && !isLeftAlone && exchange.isUnanswered) this.#owner.stale(this);
    const isAgain = (isLeftAlone || this.#turns > 1) && exchange.mayRepeat(failure, isLeftAlone);
    const isByHttp1 = stream.rstCode === constants.NGHTTP2_HTTP_1_1_REQUIRED;
    this.destroy();
    if (!isAgain) exchange.fail(failure);
    turn.done(isAgain ? (isByHttp1 ? 'again-by-http1' : 'again') : 'over');
  }

  /** Whether the upstream has said that it did nothing with the request. Source: RFC 9113, 6.8 and 8.7. */
  #isLeftAlone({ id, rstCode }: ClientHttp2Stream): boolean {
    if (rstCode === constants.NGHTTP2_REFUSED_STREAM || rstCode === constants.NGHTTP2_HTTP_1_1_REQUIRED) return true;
    return id === undefined || id > this.#lastStreamId;
  }
}

/** A body that ends short of its length is told by Node as any fault of the protocol. */
function toFailure({ stream, error, declaredBytes, receivedBytes }: Turn): UpstreamFailure {
  if (declaredBytes !== undefined && receivedBytes < declaredBytes) {
    return new UpstreamFailure({ tag: 'connection-terminated' }, 'the body is shorter than its length');
  }
  return toStreamFailure(stream.rstCode, error);
}

/** As HTTP/1.1 would have it. */
function byteLengthOf(fields: FieldEntries): number {
  return fields.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
}

function toJoined([name, entries]: readonly [string, FieldEntries]): readonly [string, string[]] {
  return [name, entries.map(([, value]) => value)];
}
