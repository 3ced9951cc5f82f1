import type { OutboundRequest } from '../send-request.ts';
import { UpstreamFailure } from '../error-table.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import { type Carried, type ConnectionOwner, toKeepMs, type UpstreamConnection } from './connection.ts';
import { toAnnounced, toHttp1Head, toLastChunk } from './http1-head.ts';
import { Http1Parser } from './http1-parser.ts';
import type { BodyWire } from './request-body.ts';
import type { UpstreamSocket } from './upstream-connect.ts';
import type { UpstreamExchange, Wire } from './upstream-exchange.ts';

/** The request that is under way. */
interface Turn {
  readonly request: OutboundRequest;
  readonly exchange: UpstreamExchange;
  readonly done: (carried: Carried) => void;
}

/**
 * A connection that speaks HTTP/1.1, plain or over TLS.
 *
 * Whatever comes while no request is under way closes it: it would be taken for the next one's response.
 */
export class Http1Connection implements UpstreamConnection, Wire, BodyWire {
  readonly #upstream: UpstreamSocket;
  readonly #owner: ConnectionOwner;
  readonly #parser: Http1Parser;
  #turn: Turn | undefined;
  #turns = 0;
  #isEnded = false;

  constructor(upstream: UpstreamSocket, owner: ConnectionOwner) {
    this.#upstream = upstream;
    this.#owner = owner;
    this.#parser = new Http1Parser({
      informational: () => this.#turn?.exchange.informational(),
      head: (status, fields) => this.#head(status, fields),
      bytes: (bytes) => this.#turn?.exchange.bytes(bytes),
      end: (trailers) => this.#turn?.exchange.end(trailers),
    });
    const { socket } = upstream;
    socket.on('data', (bytes: Buffer) => this.#received(bytes));
    socket.on('drain', () => this.#turn?.exchange.outgoing?.drained());
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#broke(error));
    socket.on('close', () => {
      this.#broke(new UpstreamFailure({ tag: 'connection-terminated' }));
      owner.closed(this);
    });
  }

  get isOpen(): boolean {
    const { socket } = this.#upstream;
    return this.#turn === undefined && !this.#isEnded && !socket.destroyed && socket.writable && this.#parser.isIdle;
  }

  get keepMs(): number {
    return toKeepMs(this.#parser.persistence.keepAliveS);
  }

  get mayBeStale(): boolean {
    return this.#turns > 1;
  }

  carry(request: OutboundRequest, exchange: UpstreamExchange): Promise<Carried> {
    let head: string;
    try {
      head = toHttp1Head(request);
    } catch (error) {
      exchange.fail(error);
      this.#owner.freed(this);
      return Promise.resolve('over');
    }
    const { promise, resolve } = Promise.withResolvers<Carried>();
    this.#turn = { request, exchange, done: resolve };
    this.#turns += 1;
    this.#parser.begin(request.method);
    this.#send(head, exchange);
    return promise;
  }

  /** A head and what there is of the body leave together. */
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
    // A chunk without bytes would be the last one.
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
    if (this.#turn === undefined || !this.#isChunked()) return;
    this.#upstream.socket.write(toLastChunk(toAnnounced(this.#turn.request.fields, trailers)), 'latin1');
  }

  pause(): void {
    this.#upstream.socket.pause();
  }

  resume(): void {
    this.#upstream.socket.resume();
  }

  release(isClean: boolean): void {
    const turn = this.#turn;
    this.#turn = undefined;
    if (!isClean || !this.#parser.persistence.persists || this.keepMs <= 0) this.destroy();
    else this.#free();
    turn?.done('over');
  }

  destroy(): void {
    this.#parser.stop();
    this.#upstream.socket.destroy();
  }

  /** Kept connections are read, so that their end is seen, and keep no process alive. */
  #free(): void {
    this.#upstream.socket.resume();
    this.#upstream.raw.unref();
    this.#owner.freed(this);
  }

  #isChunked(): boolean {
    return this.#turn?.request.body?.contentLength === undefined;
  }

  /**
   * On a connection that was kept, 408 is what some upstreams say when they close one for its age: that no request has come. It may have been on its
   * way when ours was sent.
   */
  #head(status: number, fields: FieldEntries): void {
    const isOfAge = status === 408 && this.#turns > 1 && !this.#parser.persistence.persists;
    if (isOfAge && this.#turn?.exchange.mayRepeat(undefined, true) === true) this.#again();
    else this.#turn?.exchange.head(status, fields);
  }

  /** The request goes to another connection. */
  #again(): void {
    const turn = this.#turn;
    this.#turn = undefined;
    this.destroy();
    turn?.done('again');
  }

  #received(bytes: Buffer): void {
    if (this.#turn === undefined) return this.destroy();
    try {
      this.#parser.push(bytes);
    } catch (error) {
      this.#broke(error);
    }
  }

  #ended(): void {
    this.#isEnded = true;
    try {
      // Anybody can end a TCP connection: over TLS only what the upstream has signed ends a body, and without it no reset does.
      if (!this.#upstream.isCut() || this.#parser.isIdle) this.#parser.finish();
      else throw new UpstreamFailure({ tag: 'connection-terminated' }, 'the connection was cut');
    } catch (error) {
      return this.#broke(error);
    }
    this.destroy();
  }

  #broke(error: unknown): void {
    const turn = this.#turn;
    // One that is new was open: its end has another cause.
    const isStale = this.#turns > 1 && this.#parser.isUntouched;
    if (turn !== undefined && isStale) this.#owner.stale(this);
    if (isStale && turn?.exchange.mayRepeat(error) === true) return this.#again();
    this.#turn = undefined;
    this.destroy();
    turn?.exchange.fail(error);
    turn?.done('over');
  }
}
