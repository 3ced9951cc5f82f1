import { randomUUID } from 'node:crypto';
import { toError } from '../util/to-error.ts';
import { Cancelled, type ServedRequest } from '../wasi/context.ts';
import type { CpuTime } from '../wasi/cpu-time.ts';
import type { RequestRecord } from '../observe/log.ts';
import { firstValue } from '../http/field-entries.ts';
import type { RequestHead } from '../http/request-head.ts';
import { limitOf } from './limit-of.ts';
import type { Failure } from './error-reply.ts';
import type { ReplyEnd } from './reply.ts';
import type { Service } from './service.ts';

/** What is told of one request: a line when it is answered, and one for each thing that went wrong. */
export class RequestReport implements ServedRequest {
  status = 0;
  /** From 0, once there is a guest. */
  ordinal = 0;
  /** Whether the reply is out, as far as it will ever be. */
  isReplied = false;
  /** Of the guest, once there is one. */
  cpu: CpuTime | undefined;
  readonly #service: Service;
  readonly #head: RequestHead;
  readonly #startedMs = performance.now();
  #id: string | undefined;
  /** The trap that was logged as the reason of a failed reply. */
  #told: Error | undefined;

  constructor(service: Service, head: RequestHead) {
    this.#service = service;
    this.#head = head;
  }

  /** The client's `x-request-id` where it is a plain one, else made here. */
  get id(): string {
    return (this.#id ??= plainId(firstValue(this.#head.fields, 'x-request-id')) ?? randomUUID());
  }

  get knownId(): string | undefined {
    return this.#id;
  }

  get method(): string {
    return this.#head.method;
  }

  get pathWithQuery(): string {
    return this.#head.pathWithQuery;
  }

  /** How long ago the request came, and how much of that its guest has run. */
  get times(): Pick<RequestRecord, 'durationMs' | 'cpuMs'> {
    const nowMs = performance.now();
    const cpuMs = this.cpu?.isCounted === true ? this.cpu.usedMs(nowMs) : undefined;
    return { durationMs: nowMs - this.#startedMs, cpuMs };
  }

  /** The reply is a failure of ours, or of the guest. */
  failed({ reason, limit, trap }: Failure): void {
    this.#told = trap;
    this.#guestFailed(reason, trap?.stack, limit);
  }

  /** The reply is out, as far as it will ever be. */
  replied(end: ReplyEnd): void {
    this.isReplied = true;
    if (end.at === 'aborted') this.#guestFailed(`the reply was broken off: ${end.reason}`);
    this.#service.log(new RequestAnswered(this, end));
  }

  /** What is known of the request, now that it ended so. */
  describe(end: ReplyEnd, times: RequestReport['times']): RequestRecord {
    const { label, pool } = this.#service;
    const { method, pathWithQuery } = this.#head;
    return {
      id: this.id,
      component: label,
      method,
      path: pathWithQuery,
      status: this.status,
      byteLength: end.byteLength,
      ...times,
      instance: pool.strategy,
      end: end.at,
    };
  }

  /** The guest is done; `trap` if it did not return properly. */
  returned(trap: Error | undefined): void {
    if (trap === undefined || trap === this.#told) return;
    if (trap instanceof Cancelled) this.#guestFailed(trap.message, undefined, limitOf(trap));
    else this.#guestFailed(`the guest trapped: ${trap.message}`, trap.stack, limitOf(trap));
  }

  /** Something failed that nobody foresaw: instantiation, or the host itself. */
  broke(error: unknown): void {
    const { message, stack, cause } = toError(error);
    this.#guestFailed(message, stack, limitOf(error) ?? limitOf(cause));
  }

  #guestFailed(message: string, trace?: string, limit?: string): void {
    const { log, label } = this.#service;
    log({ at: 'request-failed', id: this.id, component: label, message, trace, limit });
  }
}

/** The record is made for a log that looks at it. */
class RequestAnswered {
  readonly at = 'request';
  readonly #report: RequestReport;
  readonly #end: ReplyEnd;
  readonly #times: RequestReport['times'];

  constructor(report: RequestReport, end: ReplyEnd) {
    this.#report = report;
    this.#end = end;
    this.#times = report.times;
  }

  get request(): RequestRecord {
    return this.#report.describe(this.#end, this.#times);
  }
}

function plainId(given: string | undefined): string | undefined {
  return given !== undefined && /^[\w.:/+=-]{1,128}$/.test(given) ? given : undefined;
}
