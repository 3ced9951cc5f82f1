import { callSafely } from '../../util/bug.ts';
import { toError } from '../../util/to-error.ts';
import { Cancelled } from '../../wasi/cancellation.ts';
import type { BodySource } from '../../http/body-source.ts';
import type { ErrorCode } from '../../http/error-code.ts';
import type { RequestHead } from '../../http/request-head.ts';
import { IncomingRequest } from '../../wasi/http/incoming.ts';
import type { OutgoingResponse } from '../../wasi/http/outgoing.ts';
import { type AnswerTaker, type GuestResponse, ResponseOutparam } from '../../wasi/http/response-outparam.ts';
import type { Lease } from '../pool.ts';

/** What becomes of a request: the guest sets a response or an error code; or before that it returns, traps, or is ended by the host. */
export type Answer =
  | { readonly at: 'set'; readonly response: OutgoingResponse }
  | { readonly at: 'error-code'; readonly code: ErrorCode }
  | { readonly at: 'never-set' }
  | { readonly at: 'trapped'; readonly trap: Error }
  | { readonly at: 'cancelled'; readonly trap: Cancelled };

const NEVER_SET: Answer = Object.freeze({ at: 'never-set' });

/** What a guest's end says, if it comes before an answer. */
function unanswered(trap: Error | undefined): Answer {
  if (trap === undefined) return NEVER_SET;
  return trap instanceof Cancelled ? { at: 'cancelled', trap } : { at: 'trapped', trap };
}

/** How long a guest that computes on after it gave its answer is waited for: a reply that is whole by then is sent with its length. */
const PATIENCE_MS = 250;

/** A guest that never waits has returned after so many microtasks, which cost less than a tick. */
const MICROTASKS = 4;
const MICROTASK = Promise.resolve();

/** Resolves when the guest waits for something that is not there yet, or has been paused or has returned: Node runs a tick only after all that is ready. */
function guestGaveThreadBack(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/**
 * Calls the guest's `handle`: the one place that knows how WASI 0.2 hands over a request.
 *
 * A guest that returns with its body unfinished ends it cleanly; one that traps or is cancelled breaks it off.
 * Source: wasi-http `handler.wit`.
 */
export function callIncomingHandler(lease: Lease, head: RequestHead, body: BodySource): GuestCall {
  const call = new GuestCall(lease);
  call.begin(head, body);
  return call;
}

/** How a guest returned: with a trap, or properly. */
export interface GuestEnd {
  readonly trap: Error | undefined;
}

/** A guest at work on one request. Most have answered and returned before anybody waits for it: only those that do get a promise. */
export class GuestCall implements AnswerTaker {
  readonly #lease: Lease;
  #answer: Answer | undefined;
  #answering: PromiseWithResolvers<Answer> | undefined;
  #end: GuestEnd | undefined;
  #ending: PromiseWithResolvers<GuestEnd> | undefined;

  constructor(lease: Lease) {
    this.#lease = lease;
  }

  begin(head: RequestHead, body: BodySource): void {
    const lease = this.#lease;
    const { cancellation } = lease.ctx;
    cancellation.onReady(() => this.#endWith(cancellation.trap));
    lease.begin();
    const args = [new IncomingRequest(head, body), new ResponseOutparam(this)];
    void lease.instance.call(lease.ctx, 'wasi:http/incoming-handler', 'handle', args).then(
      () => this.#endProperly(),
      (error: unknown) => this.#endWith(toError(error)),
    );
  }

  /** The guest's answer, if it has given it. */
  get answer(): Answer | undefined {
    return this.#answer;
  }

  /** Resolves when the guest has given its answer, or will not; never rejects. */
  get answered(): Promise<Answer> {
    if (this.#answer !== undefined) return Promise.resolve(this.#answer);
    this.#answering ??= Promise.withResolvers();
    return this.#answering.promise;
  }

  /** How the guest has returned, if it has. */
  get end(): GuestEnd | undefined {
    return this.#end;
  }

  /** Resolves when the guest has returned; never rejects. The reply does not wait for it. */
  get returned(): Promise<GuestEnd> {
    if (this.#end !== undefined) return Promise.resolve(this.#end);
    this.#ending ??= Promise.withResolvers();
    return this.#ending.promise;
  }

  /** Resolves when the guest has returned, waits for something that is not there yet, or has been paused. */
  async returnedOrWaiting(): Promise<void> {
    for (let count = 0; count < MICROTASKS && this.#end === undefined; count += 1) await MICROTASK;
    if (this.#end === undefined) await guestGaveThreadBack();
  }

  /** Resolves when the guest waits for something that is not there yet, has returned, or has computed on for long. */
  async settled(): Promise<void> {
    const endMs = performance.now() + PATIENCE_MS;
    const { ctx } = this.#lease;
    await guestGaveThreadBack();
    while (ctx.paused !== undefined && performance.now() < endMs) {
      await ctx.paused;
      await guestGaveThreadBack();
    }
  }

  take(response: GuestResponse): void {
    if (response.tag === 'err') this.#answerWith({ at: 'error-code', code: response.val });
    else this.#answerWith({ at: 'set', response: response.val });
  }

  giveUp(): void {
    this.#answerWith(NEVER_SET);
  }

  /** The first answer counts. */
  #answerWith(answer: Answer): void {
    if (this.#answer !== undefined) return;
    this.#answer = answer;
    this.#answering?.resolve(answer);
  }

  #endProperly(): void {
    this.#lease.end();
    // Guests of StarlingMonkey return so from a second request.
    if (this.#answer?.at !== 'set') this.#lease.endSharing();
    this.#endWith(undefined);
  }

  /** Never throws, since no caller could report it. */
  #endWith(trap: Error | undefined): void {
    if (this.#end !== undefined) return;
    const end = (this.#end = { trap: this.#endBody(trap) ?? trap });
    if (this.#answer === undefined) this.#answerWith(unanswered(end.trap));
    this.#ending?.resolve(end);
  }

  /** Returns what the body failed with, if it did. */
  #endBody(trap: Error | undefined): Error | undefined {
    const bytes = this.#answer?.at === 'set' ? this.#answer.response.bytes : undefined;
    try {
      if (trap === undefined) bytes?.finish(undefined);
      else bytes?.abort(trap.message);
      return undefined;
    } catch (error) {
      // Whoever sends it would wait for ever.
      callSafely(() => bytes?.abort('the host failed'));
      return toError(error);
    }
  }
}
