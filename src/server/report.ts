import { randomUUID } from 'node:crypto';
import { Cancelled } from '../wasi/context.ts';
import { firstValue } from '../wasi/http/field-entries.ts';
import type { RequestHead } from '../wasi/http/incoming.ts';
import type { Failure } from './error-reply.ts';
import type { ReplyEnd } from './reply.ts';
import type { Service } from './service.ts';

/** What is told of one request: a line when it is answered, and one for each thing that went wrong. */
export class RequestReport {
  /** The client's `x-request-id` where it is a plain one, else made here. */
  readonly id: string;
  status = 0;
  /** Whether the reply is out, as far as it will ever be. */
  isReplied = false;
  readonly #service: Service;
  readonly #head: RequestHead;
  readonly #startedMs = performance.now();

  constructor(service: Service, head: RequestHead) {
    this.#service = service;
    this.#head = head;
    const given = firstValue(head.fields, 'x-request-id');
    this.id = given !== undefined && /^[\w.:/+=-]{1,128}$/.test(given) ? given : randomUUID();
  }

  /** The reply is a failure of ours, or of the guest. */
  failed({ reason }: Failure): void {
    this.#guestFailed(reason, undefined);
  }

  /** The reply is out, as far as it will ever be. */
  replied(end: ReplyEnd): void {
    this.isReplied = true;
    const { log, label, pool } = this.#service;
    if (end.at === 'aborted') this.#guestFailed(`the reply was broken off: ${end.reason}`, undefined);
    log({
      at: 'request',
      request: {
        id: this.id,
        component: label,
        method: this.#head.method,
        path: this.#head.pathWithQuery,
        status: this.status,
        byteLength: end.byteLength,
        durationMs: performance.now() - this.#startedMs,
        instance: pool.strategy,
        end: end.at,
      },
    });
  }

  /** The guest is done; `trap` where it did not return properly. */
  returned(trap: Error | undefined): void {
    if (trap === undefined) return;
    if (trap instanceof Cancelled) this.#guestFailed(trap.message, undefined);
    else this.#guestFailed(`the guest trapped: ${trap.message}`, trap.stack);
  }

  /** Something failed that nobody foresaw: instantiation, or the host itself. */
  broke(error: unknown): void {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    this.#guestFailed(message, stack);
  }

  #guestFailed(message: string, trace: string | undefined): void {
    this.#service.log({ at: 'request-failed', id: this.id, component: this.#service.label, message, trace });
  }
}
