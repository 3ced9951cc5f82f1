import { err, ok, type Result } from '../../util/result.ts';
import { callEach, callSafely } from '../../util/bug.ts';
import type { HeldBytes } from '../../util/held-bytes.ts';
import type { ErrorCode } from '../../http/error-code.ts';
import { toBodyErrorCode, toErrorCode, UpstreamFailure } from '../to-error-code.ts';
import type { FieldEntries } from '../../http/field-entries.ts';
import { withoutForbidden } from '../../http/forbidden-names.ts';
import type { OutboundRequest, OutboundResponse } from '../send-request.ts';
import { Countdown } from '../countdown.ts';
import { isIdempotent } from '../../http/is-idempotent.ts';
import { RequestBody } from './request-body.ts';
import { UpstreamBody } from './upstream-body.ts';

/** The connection as its exchange sees it. */
export interface Wire {
  pause(): void;
  resume(): void;
  /** The exchange is over; unless `isClean`, the request is broken off in both directions. */
  release(isClean: boolean): void;
}

/** The most fields of an upstream's head or trailers: more than the limits of common servers. */
const MAX_SECTION_FIELDS = 2000;
/** The most informational responses before the final one; more are treated as a flood. */
const MAX_INFORMATIONAL = 64;

/**
 * One request and its response, on one connection, or on several in turn until one carries it: who waits for what, the timeouts, and the single way
 * in which it ends.
 *
 * The connection reports what happens (`connected`, `head`, `bytes`, …); after the end, its reports are ignored.
 */
export class UpstreamExchange {
  /** The response's head, or why there is none. Never rejects. */
  readonly response: Promise<Result<OutboundResponse, ErrorCode>>;
  /** The request's body, if it has one. */
  readonly outgoing: RequestBody | undefined;
  readonly #method: string;
  readonly #resolve: (response: Result<OutboundResponse, ErrorCode>) => void;
  readonly #closing = new AbortController();
  readonly #firstByte: Countdown;
  readonly #betweenBytes: Countdown;
  readonly #ended = new Set<() => void>();
  readonly #held: HeldBytes | undefined;
  #at: 'waiting' | 'streaming' | 'complete' | 'failed' = 'waiting';
  #body: UpstreamBody | undefined;
  #wire: Wire | undefined;
  #informational = 0;

  constructor(request: OutboundRequest, signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<Result<OutboundResponse, ErrorCode>>();
    this.response = promise;
    this.#resolve = resolve;
    this.#firstByte = new Countdown(request.firstByteTimeoutMs, () => this.#failWith('connection-read-timeout'));
    this.#betweenBytes = new Countdown(request.betweenBytesTimeoutMs, () => this.#failWith('connection-read-timeout'));
    this.#method = request.method;
    this.outgoing =
      request.body && new RequestBody(request.body, (failure) => this.fail(failure), request.charge?.held);
    const giveUp = (): void => this.#failWith('connection-terminated');
    signal.addEventListener('abort', giveUp);
    this.#held = request.charge?.held;
    this.onEnd(() => {
      signal.removeEventListener('abort', giveUp);
      request.charge?.[Symbol.dispose]();
    });
    if (signal.aborted) giveUp();
  }

  /** Aborted when the exchange fails, to stop a connection that is still being opened. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Whether the exchange has ended. */
  get isOver(): boolean {
    return this.#at === 'complete' || this.#at === 'failed';
  }

  /** Whether it has not ended, and nothing of a response has arrived. */
  get isUnanswered(): boolean {
    return this.#at === 'waiting' && this.#informational === 0;
  }

  /**
   * Whether the request may go to another connection after `failure` of this one. Nothing of a response may have arrived; the method must be idempotent,
   * or the upstream known not to have processed it (`isUntouched`); and its body must be repeatable. If so, detaches from this connection.
   */
  mayRepeat(failure: unknown, isUntouched = false): boolean {
    if (!this.isUnanswered) return false;
    if (!isUntouched && !(isIdempotent(this.#method) && toErrorCode(failure).tag === 'connection-terminated'))
      return false;
    if (this.outgoing?.isRepeatable === false) return false;
    this.outgoing?.detach();
    this.#wire = undefined;
    return true;
  }

  /** Runs a handler of an event of the connection. An exception ends the exchange, because nothing else would see it. */
  attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Calls `ended` once when the exchange is over; immediately if it already is. */
  onEnd(ended: () => void): void {
    if (this.isOver) ended();
    else this.#ended.add(ended);
  }

  /** The request has a connection: the first-byte timeout starts. */
  connected(): void {
    if (this.#at === 'waiting') this.#firstByte.start();
  }

  /** Sets the connection to control from now on. If the exchange is already over, releases it. */
  attach(wire: Wire): void {
    if (this.isOver) wire.release(false);
    else this.#wire = wire;
  }

  /** A 1xx response arrived. It is skipped, but too many are an error. The first-byte timeout keeps running. */
  informational(): void {
    this.#informational += 1;
    this.outgoing?.forget();
    if (this.#informational > MAX_INFORMATIONAL) this.#failWith('HTTP-protocol-error');
  }

  /** The final head arrived. */
  head(status: number, fields: FieldEntries): void {
    if (this.#at !== 'waiting') return;
    this.outgoing?.forget();
    if (fields.length > MAX_SECTION_FIELDS) return this.fail(tooManyFields('HTTP-response-header-section-size'));
    this.#at = 'streaming';
    this.#firstByte.stop();
    this.#betweenBytes.start();
    const flow = {
      pause: () => this.#pause(),
      resume: () => this.#resume(),
      leave: () => this.#failWith('connection-terminated'),
    };
    this.#body = new UpstreamBody(flow, this.#held);
    this.#resolve(ok({ status, fields: withoutForbidden(fields), body: this.#body }));
  }

  /** Bytes of the body arrived; the exchange owns them. */
  bytes(bytes: Uint8Array): void {
    if (this.#at !== 'streaming') return;
    this.#betweenBytes.start();
    this.attempt(() => this.#body?.push(bytes));
  }

  /** The response is complete. */
  end(trailers: FieldEntries): void {
    if (this.#at !== 'streaming') return;
    if (trailers.length > MAX_SECTION_FIELDS) return this.fail(tooManyFields('HTTP-response-trailer-section-size'));
    this.#body?.finish(trailers.length === 0 ? undefined : withoutForbidden(trailers));
    this.#at = 'complete';
    this.#finish();
  }

  /** The request or its response failed; `error` is the reason. */
  fail(error: unknown): void {
    if (this.isOver) return;
    if (this.#at === 'waiting') this.#resolve(err(toErrorCode(error)));
    else this.#body?.fail(toBodyErrorCode(error));
    this.#at = 'failed';
    callSafely(() => this.#closing.abort());
    this.#finish();
  }

  #failWith(tag: 'connection-terminated' | 'connection-read-timeout' | 'HTTP-protocol-error'): void {
    this.fail(new UpstreamFailure({ tag }));
  }

  /** While an upstream is not read, it cannot time out. */
  #pause(): void {
    this.#betweenBytes.stop();
    this.#wire?.pause();
  }

  #resume(): void {
    if (this.#at !== 'streaming') return;
    this.#betweenBytes.start();
    this.#wire?.resume();
  }

  #finish(): void {
    this.#firstByte.stop();
    this.#betweenBytes.stop();
    const isClean = this.#at === 'complete' && this.outgoing?.isSent !== false;
    this.outgoing?.[Symbol.dispose]();
    callSafely(() => this.#wire?.release(isClean));
    callEach(this.#ended);
  }
}

function tooManyFields(
  tag: 'HTTP-response-header-section-size' | 'HTTP-response-trailer-section-size',
): UpstreamFailure {
  return new UpstreamFailure({ tag, val: undefined }, `more than ${MAX_SECTION_FIELDS} fields`);
}
