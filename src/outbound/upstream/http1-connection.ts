import type { OutboundRequest } from '../send-request.ts';
import { UpstreamFailure } from '../to-error-code.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import { type CarryResult, type ConnectionOwner, toKeepMs, type UpstreamConnection } from './connection.ts';
import { toAnnounced, toHttp1Head, toLastChunk } from './http1-head.ts';
import { Http1Parser } from './http1-parser.ts';
import type { BodyWire } from './request-body.ts';
import type { UpstreamSocket } from './connect-upstream.ts';
import type { UpstreamExchange, Wire } from './upstream-exchange.ts';

/** The request that is under way. */
interface ActiveRequest {
  readonly request: OutboundRequest;
  readonly exchange: UpstreamExchange;
  readonly done: (carried: CarryResult) => void;
}

/**
 * An HTTP/1.1 connection, plain or over TLS.
 *
 * Anything that arrives while no request is under way closes it, because it would be taken for the next request's response.
 */
export class Http1Connection implements UpstreamConnection, Wire, BodyWire {
  readonly #upstream: UpstreamSocket;
  readonly #owner: ConnectionOwner;
  readonly #parser: Http1Parser;
  #active: ActiveRequest | undefined;
  #requestCount = 0;
  #isEnded = false;

  constructor(upstream: UpstreamSocket, owner: ConnectionOwner) {
    this.#upstream = upstream;
    this.#owner = owner;
    this.#parser = new Http1Parser({
      informational: () => this.#active?.exchange.informational(),
      head: (status, fields) => this.#head(status, fields),
      bytes: (bytes) => this.#active?.exchange.bytes(bytes),
      end: (trailers) => this.#active?.exchange.end(trailers),
    });
    const { socket } = upstream;
    socket.on('data', (bytes: Buffer) => this.#received(bytes));
    socket.on('drain', () => this.#active?.exchange.outgoing?.drained());
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#broke(error));
    socket.on('close', () => {
      this.#broke(new UpstreamFailure({ tag: 'connection-terminated' }));
      owner.closed(this);
    });
  }

  get isOpen(): boolean {
    const { socket } = this.#upstream;
    return this.#active === undefined && !this.#isEnded && !socket.destroyed && socket.writable && this.#parser.isIdle;
  }

  get keepMs(): number {
    return toKeepMs(this.#parser.persistence.keepAliveS);
  }

  get mayBeStale(): boolean {
    return this.#requestCount > 1;
  }

  carry(request: OutboundRequest, exchange: UpstreamExchange): Promise<CarryResult> {
    let head: string;
    try {
      head = toHttp1Head(request);
    } catch (error) {
      exchange.fail(error);
      this.#owner.freed(this);
      return Promise.resolve('done');
    }
    const { promise, resolve } = Promise.withResolvers<CarryResult>();
    this.#active = { request, exchange, done: resolve };
    this.#requestCount += 1;
    this.#parser.begin(request.method);
    this.#send(head, exchange);
    return promise;
  }

  /** Sends the head together with what is available of the body. */
  #send(head: string, exchange: UpstreamExchange): void {
    const { socket, raw } = this.#upstream;
    raw.ref();
    exchange.attach(this);
    if (exchange.isOver) return;
    exchange.connected();
    socket.cork();
    socket.write(head, 'latin1');
    exchange.outgoing?.sendTo(this);
    socket.uncork();
  }

  write(bytes: Uint8Array): boolean {
    const { socket } = this.#upstream;
    // An empty chunk would end the body.
    if (bytes.byteLength === 0) return true;
    if (!this.#isChunked()) return socket.write(bytes);
    socket.cork();
    socket.write(`${bytes.byteLength.toString(16)}\r\n`, 'latin1');
    socket.write(bytes);
    const takesMore = socket.write('\r\n', 'latin1');
    socket.uncork();
    return takesMore;
  }

  end(trailers: FieldEntries): void {
    if (this.#active === undefined || !this.#isChunked()) return;
    this.#upstream.socket.write(toLastChunk(toAnnounced(this.#active.request.fields, trailers)), 'latin1');
  }

  pause(): void {
    this.#upstream.socket.pause();
  }

  resume(): void {
    this.#upstream.socket.resume();
  }

  release(isClean: boolean): void {
    const active = this.#active;
    this.#active = undefined;
    if (!isClean || !this.#parser.persistence.persists || this.keepMs <= 0) this.destroy();
    else this.#free();
    active?.done('done');
  }

  destroy(): void {
    this.#parser.stop();
    this.#upstream.socket.destroy();
  }

  /** Makes the connection available again. It is read while idle, so that its end is noticed, and does not keep the process alive. */
  #free(): void {
    this.#upstream.socket.resume();
    this.#upstream.raw.unref();
    this.#owner.freed(this);
  }

  #isChunked(): boolean {
    return this.#active?.request.body?.contentLength === undefined;
  }

  /**
   * Some upstreams send 408 (no request has arrived) when they close a kept connection for its age. It may have been on its way when our request was
   * sent.
   */
  #head(status: number, fields: FieldEntries): void {
    const isOfAge = status === 408 && this.#requestCount > 1 && !this.#parser.persistence.persists;
    if (isOfAge && this.#active?.exchange.mayRepeat(undefined, true) === true) this.#again();
    else this.#active?.exchange.head(status, fields);
  }

  /** Sends the request to another connection. */
  #again(): void {
    const active = this.#active;
    this.#active = undefined;
    this.destroy();
    active?.done('retry');
  }

  #received(bytes: Buffer): void {
    if (this.#active === undefined) return this.destroy();
    try {
      this.#parser.push(bytes);
    } catch (error) {
      this.#broke(error);
    }
  }

  #ended(): void {
    this.#isEnded = true;
    try {
      // Anyone on the path can end a TCP connection. So over TLS only a signed `close_notify` ends a body, and without TLS a reset never does.
      if (!this.#upstream.isCut() || this.#parser.isIdle) this.#parser.finish();
      else throw new UpstreamFailure({ tag: 'connection-terminated' }, 'the connection was cut');
    } catch (error) {
      return this.#broke(error);
    }
    this.destroy();
  }

  #broke(error: unknown): void {
    const active = this.#active;
    // A new connection was certainly open: its end has another cause.
    const isStale = this.#requestCount > 1 && this.#parser.isUntouched;
    if (active !== undefined && isStale) this.#owner.stale(this);
    if (isStale && active?.exchange.mayRepeat(error) === true) return this.#again();
    this.#active = undefined;
    this.destroy();
    active?.exchange.fail(error);
    active?.done('done');
  }
}
