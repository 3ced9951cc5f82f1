import type { ServedRequest } from '../wasi/wasi-ctx.ts';
import type { CpuTime } from '../wasi/cpu-time.ts';
import type { RequestRecord } from '../observe/log.ts';
import { firstValue } from '../http/field-entries.ts';
import type { RequestHead } from '../http/request-head.ts';
import { CLIENT_LEFT_STATUS, type Failure, brokenOff, trappedLater } from './failure.ts';
import { LEFT_UNANSWERED, type ReplyEnd } from './reply.ts';
import type { Answerer } from './service.ts';

/** Logs one request: a line when it is answered, and one for each failure. */
export class RequestReport implements ServedRequest {
  status = 0;
  /** The number of the request, from 0, once it has a guest. */
  ordinal = 0;
  /** Whether the reply has ended. */
  isReplied = false;
  /** The guest's time on the thread, once there is a guest. */
  cpu: CpuTime | undefined;
  readonly #answerer: Answerer;
  readonly #head: RequestHead;
  readonly #startedMs = performance.now();
  #id: string | undefined;
  /** What was thrown, of the failure that was logged last. */
  #logged: Error | undefined;

  constructor(answerer: Answerer, head: RequestHead) {
    this.#answerer = answerer;
    this.#head = head;
  }

  /** The client's `x-request-id` if it is a plain one, else a new one. */
  get id(): string {
    return (this.#id ??= plainId(firstValue(this.#head.fields, 'x-request-id')) ?? this.#answerer.ids.next());
  }

  get knownId(): string | undefined {
    return this.#id;
  }

  get method(): string {
    return this.#head.method;
  }

  get target(): string {
    return this.#head.pathWithQuery ?? this.#head.authority;
  }

  /** How long ago the request came, and for how much of that its guest has run. */
  get times(): Pick<RequestRecord, 'durationMs' | 'cpuMs'> {
    const nowMs = performance.now();
    const cpuMs = this.cpu?.isCounted === true ? this.cpu.usedMs(nowMs) : undefined;
    return { durationMs: nowMs - this.#startedMs, cpuMs };
  }

  /** Logs a failure. */
  failed({ blame, reason, limit, cause }: Failure): void {
    this.#logged = cause;
    const { log, label } = this.#answerer;
    log({ at: 'request-failed', id: this.id, component: label, blame, message: reason, trace: cause?.stack, limit });
  }

  /** The guest trapped, which is logged unless that is why its reply failed. */
  trapped(trap: Error): void {
    if (trap !== this.#logged) this.failed(trappedLater(trap));
  }

  /** The client left before there was a reply. */
  leftUnanswered(): void {
    this.status = CLIENT_LEFT_STATUS;
    this.replied(LEFT_UNANSWERED);
  }

  /** The reply has ended. */
  replied(end: ReplyEnd): void {
    this.isReplied = true;
    if (end.at === 'aborted') this.failed(brokenOff(end));
    this.#answerer.log(new RequestAnswered(this, end));
  }

  /** The record of the request for the log. */
  describe(end: ReplyEnd, times: RequestReport['times']): RequestRecord {
    const { label, instance } = this.#answerer;
    return {
      id: this.id,
      component: label,
      method: this.method,
      path: this.target,
      status: this.status,
      byteLength: end.byteLength,
      ...times,
      instance,
      end: end.at,
    };
  }
}

/** An event whose record is only made if the log reads it. */
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
