import type { IncomingMessage, ServerResponse } from 'node:http';
import { ok, err, type Result } from '../../util/result.ts';
import { NO_BYTES } from '../../util/no-bytes.ts';
import type { ClientLimits } from '../../config/listener-options.ts';
import type { BodySource } from '../../http/body-source.ts';
import type { ErrorCode } from '../../http/error-code.ts';
import { bodyFailed } from '../../http/http-cause.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import { Wakers } from '../../io/readiness.ts';
import { CLOSED, type StreamError } from '../../io/stream-error.ts';
import { BodyTime } from './body-time.ts';
import type { Failure } from '../failure.ts';
import { endAfter } from './linger.ts';
import type { Sweep } from './sweep.ts';
import { bodyTooLarge, isBodyTooLarge } from './refusal.ts';
import type { Violation } from '../violation.ts';

/** What a guest reads if the client stops in the middle of its request. */
const BROKEN_OFF: ErrorCode = Object.freeze({ tag: 'connection-terminated' });

/** How long a client that has its reply may go on sending a body that nobody reads. Source: nginx's `lingering_time`. */
const LINGER_MS = 30_000;

/** Bounds on a body, and what becomes ready when the client exceeds them. */
interface BodyRules {
  readonly limits: ClientLimits;
  readonly violation: Violation;
}

/**
 * The body of a request on a socket of ours. Before the guest asks for it, nothing is read from the socket and no `100 Continue` is sent.
 * While Node has buffered bytes that the guest has not read, the socket is not read.
 */
export class NodeBody implements BodySource {
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  readonly #wakers = new Wakers();
  readonly #wake = (): void => this.#wakers.wake();
  readonly #arrived = (): void => {
    // The end arrives like bytes, as `readable`; Node emits `end` only after another read.
    if (this.#incoming.readableLength === 0) this.#incoming.read(0);
    this.#wake();
  };
  readonly #limits: ClientLimits;
  readonly #violation: Violation;
  #state: 'untouched' | 'reading' | 'discarding' = 'untouched';
  #listens = false;
  #rest: Uint8Array = NO_BYTES;
  #receivedBytes = 0;
  #broken: { readonly error: StreamError; readonly code: ErrorCode } | undefined;
  /** Made at the first sweep: most bodies have arrived by then. */
  #time: BodyTime | undefined;

  /** `violation` becomes ready if the client exceeds `limits`. */
  constructor(incoming: IncomingMessage, outgoing: ServerResponse, { limits, violation }: BodyRules) {
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#limits = limits;
    this.#violation = violation;
    // When the reply is sent, Node drops a body that nobody has read; a guest may read on after its reply.
    incoming.read(0);
  }

  read(maxBytes: number): Uint8Array | StreamError {
    this.#begin();
    if (this.#rest.byteLength === 0) this.#rest = this.#take();
    if (this.#rest.byteLength === 0) return this.#end() ?? NO_BYTES;
    const bytes = this.#rest.subarray(0, maxBytes);
    this.#rest = this.#rest.subarray(bytes.byteLength);
    return bytes;
  }

  isReady(): boolean {
    this.#begin();
    return this.#rest.byteLength > 0 || this.#incoming.readableLength > 0 || this.#end() !== undefined;
  }

  onReady(wake: () => void): void {
    this.#listen();
    this.#wakers.add(wake);
  }

  offReady(wake: () => void): void {
    this.#wakers.remove(wake);
  }

  /** Whether the guest waits for more bytes. */
  get isAwaited(): boolean {
    return this.#wakers.size > 0 && this.#end() === undefined;
  }

  /** Ends a body that takes too long. Called at each sweep. */
  check(sweep: Sweep): void {
    const incoming = this.#incoming;
    if (this.#end() !== undefined) return;
    this.#time ??= new BodyTime(this.#limits);
    const failure = this.#time.check(sweep, { bytesRead: incoming.socket.bytesRead, isAwaited: this.isAwaited });
    if (failure !== undefined) this.violate(failure, { tag: 'connection-read-timeout' });
  }

  /** The client breaks a rule: the next that the guest reads of the body is `code`, and the connection closes after the reply. */
  violate(failure: Failure, code: ErrorCode): void {
    if (this.#end() !== undefined) return;
    this.#rest = NO_BYTES;
    this.#broken = { error: bodyFailed(failure.reason, code), code };
    endAfter(this.#outgoing, this.#incoming.socket);
    this.#violation.set(failure);
    this.#wake();
  }

  discard(): void {
    this.#begin();
    if (this.#state === 'discarding') return;
    this.#state = 'discarding';
    this.#rest = NO_BYTES;
    if (this.#listens) this.#incoming.off('readable', this.#arrived);
    this.#incoming.resume();
  }

  trailers(): Result<FieldEntries | undefined, ErrorCode> | undefined {
    const end = this.#end();
    if (end === undefined) return undefined;
    return end === CLOSED ? this.#trailers() : err(this.#broken?.code ?? BROKEN_OFF);
  }

  /** Drops what the guest has not read. The connection is not read until the exchange is over. */
  [Symbol.dispose](): void {
    this.#rest = NO_BYTES;
  }

  /**
   * The exchange is over: what the client still sends is read and dropped, so that it receives its reply and may send its next request.
   * A client that takes too long loses the connection.
   */
  drain(): void {
    const incoming = this.#incoming;
    if (incoming.readableEnded || incoming.destroyed) return;
    this.discard();
    if (incoming.complete) return;
    afterClose(this.#outgoing, () => {
      if (!incoming.complete && !incoming.destroyed && !incoming.socket.destroyed) destroyAfterLinger(incoming);
    });
  }

  #begin(): void {
    if (this.#state !== 'untouched') return;
    this.#state = 'reading';
    if (expectsContinue(this.#incoming) && !this.#outgoing.headersSent) this.#outgoing.writeContinue();
  }

  #listen(): void {
    if (this.#listens) return;
    this.#listens = true;
    const incoming = this.#incoming;
    for (const event of ['end', 'error', 'close']) incoming.on(event, this.#wake);
    if (this.#state !== 'discarding') incoming.on('readable', this.#arrived);
  }

  #take(): Uint8Array {
    const bytes = this.#broken === undefined ? (this.#incoming.read() as Buffer | null) : null;
    if (bytes === null) return NO_BYTES;
    this.#receivedBytes += bytes.byteLength;
    if (!isBodyTooLarge(this.#receivedBytes, this.#limits)) return bytes;
    this.violate(bodyTooLarge(this.#limits), { tag: 'HTTP-request-body-size', val: BigInt(this.#receivedBytes) });
    return NO_BYTES;
  }

  /** The trailers, or an error if there may have been more: Node drops those beyond a number. */
  #trailers(): Result<FieldEntries | undefined, ErrorCode> {
    const { rawTrailers } = this.#incoming;
    if (rawTrailers.length <= 2 * this.#limits.maxHeaders) return ok(toEntries(rawTrailers));
    return err({ tag: 'HTTP-request-trailer-section-size', val: undefined });
  }

  #end(): StreamError | undefined {
    return this.#broken?.error ?? this.#wireEnd();
  }

  #wireEnd(): StreamError | undefined {
    const { complete, readableLength, destroyed } = this.#incoming;
    if (complete && readableLength === 0) return CLOSED;
    if (!destroyed) return undefined;
    return bodyFailed('the client broke off its request', BROKEN_OFF);
  }
}

/** Destroys a request after a while, unless the rest of it arrives or its connection closes, of which Node does not notify a request that is answered. */
function destroyAfterLinger(incoming: IncomingMessage): void {
  const { socket } = incoming;
  const timer = setTimeout(() => incoming.destroy(), LINGER_MS);
  const forget = (): void => {
    clearTimeout(timer);
    incoming.off('close', forget);
    socket.off('close', forget);
  };
  incoming.on('close', forget);
  socket.on('close', forget);
}

function afterClose(outgoing: ServerResponse, then: () => void): void {
  if (outgoing.closed) then();
  else outgoing.once('close', then);
}

/** Whether the client waits for `100 Continue` before it sends its body. Source: RFC 9110, 10.1.1. */
function expectsContinue(incoming: IncomingMessage): boolean {
  return incoming.httpVersion === '1.1' && incoming.headers.expect?.toLowerCase().includes('100-continue') === true;
}

/** Node's flat list of names and values as entries; `undefined` if it is empty. */
function toEntries(raw: readonly string[]): FieldEntries | undefined {
  return raw.length === 0 ? undefined : pairUp(raw);
}

/** Node's flat list of names and values, names in lower case, order and duplicates kept. */
export function pairUp(raw: readonly string[]): (readonly [string, string])[] {
  const entries: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    entries.push([(raw[index] as string).toLowerCase(), raw[index + 1] as string]);
  }
  return entries;
}
