import type { BodySource } from '../http/body-source.ts';
import type { FieldEntries } from '../http/field-entries.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { Readiness } from '../io/readiness.ts';
import type { Exchange, ReplyHead, ReplySink } from './exchange.ts';
import type { ReplyEnd } from './reply.ts';
import type { RequestReport } from './report.ts';
import type { Violation } from './violation.ts';

/** An exchange for a handler, which knows nothing of logs: reports how the reply ends. */
export class HandledExchange implements Exchange {
  readonly head: RequestHead;
  readonly body: BodySource;
  readonly reply: ReplySink;
  readonly clientLeft: Readiness;
  readonly violation: Violation;
  readonly refusal = undefined;
  readonly #exchange: Exchange;

  constructor(exchange: Exchange, report: RequestReport) {
    this.#exchange = exchange;
    this.head = exchange.head;
    this.body = exchange.body;
    this.clientLeft = exchange.clientLeft;
    this.violation = exchange.violation;
    this.reply = new ReportedReply(exchange, report);
  }

  get isWhole(): boolean {
    return this.#exchange.isWhole;
  }

  get isFirst(): boolean {
    return this.#exchange.isFirst;
  }

  /** The host disposes the exchange, once. */
  [Symbol.dispose](): void {}
}

class ReportedReply implements ReplySink {
  readonly #exchange: Exchange;
  readonly #report: RequestReport;
  #byteLength = 0;

  constructor(exchange: Exchange, report: RequestReport) {
    this.#exchange = exchange;
    this.#report = report;
  }

  get writable(): Readiness {
    return this.#exchange.reply.writable;
  }

  get isHeadSent(): boolean {
    return this.#exchange.reply.isHeadSent;
  }

  whole(head: ReplyHead, body: Uint8Array): void {
    this.#report.status = head.status;
    this.#exchange.reply.whole(head, body);
    this.#byteLength = body.byteLength;
    this.#replied({ at: 'complete', byteLength: body.byteLength });
  }

  start(head: ReplyHead): void {
    this.#report.status = head.status;
    this.#exchange.reply.start(head);
  }

  write(bytes: Uint8Array): void {
    this.#byteLength += bytes.byteLength;
    this.#exchange.reply.write(bytes);
  }

  end(trailers: FieldEntries | undefined): void {
    this.#exchange.reply.end(trailers);
    this.#replied({ at: 'complete', byteLength: this.#byteLength });
  }

  abort(): void {
    this.#exchange.reply.abort();
    this.#replied({ at: 'aborted', byteLength: this.#byteLength, reason: 'its handler aborted it', blame: 'host' });
  }

  #replied(end: ReplyEnd): void {
    if (this.#report.isReplied) return;
    const isGone = this.#exchange.clientLeft.isReady();
    this.#report.replied(isGone ? { at: 'client-left', byteLength: this.#byteLength } : end);
  }
}
