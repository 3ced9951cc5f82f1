import { callSafely } from '../../util/bug.ts';
import { toError } from '../../util/to-error.ts';
import { Cancelled, type WasiCtx } from '../../wasi/context.ts';
import type { BodySource } from '../../http/body-source.ts';
import type { RequestHead } from '../../http/request-head.ts';
import { IncomingRequest } from '../../wasi/http/incoming.ts';
import type { OutgoingResponse } from '../../wasi/http/outgoing.ts';
import { type AnswerTaker, type GuestResponse, ResponseOutparam } from '../../wasi/http/response-outparam.ts';
import type { Lease } from '../pool.ts';

/** What a guest makes of a request: a response or an error code; nothing; or its end by the host, before it said anything. */
export type Answer =
  | {
      readonly at: 'set';
      readonly response: GuestResponse;
      /** Resolves when the guest waits for something that is not there yet, or has returned, or computes on for long. */
      readonly settled: () => Promise<void>;
      /** Resolves when the guest has returned; never rejects. */
      readonly returned: () => Promise<unknown>;
    }
  | { readonly at: 'never-set'; readonly trap: Error | undefined }
  | { readonly at: 'cancelled'; readonly trap: Cancelled };

/** How long a guest that computes on after it gave its answer is waited for: a reply that is whole by then is sent with its length. */
const PATIENCE_MS = 250;

/** Resolves when the guest waits for something that is not there yet, or has been paused or has returned: Node runs a tick only after all that is ready. */
export function guestGaveThreadBack(): Promise<void> {
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

/** A guest at work on one request. */
class GuestCall implements AnswerTaker {
  /** Resolves when the guest has given its answer, or will not; never rejects. */
  readonly answer: Promise<Answer>;
  readonly #lease: Lease;
  readonly #answer: (answer: Answer) => void;
  #response: OutgoingResponse | undefined;
  #end: { readonly trap: Error | undefined } | undefined;
  /** Made when somebody waits: most guests have returned before. */
  #returned: PromiseWithResolvers<Error | undefined> | undefined;

  constructor(lease: Lease) {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.answer = promise;
    this.#lease = lease;
    this.#answer = resolve;
  }

  begin(head: RequestHead, body: BodySource): void {
    const lease = this.#lease;
    const { cancellation } = lease.ctx;
    cancellation.onReady(() => this.#endWith(cancellation.trap));
    lease.begin();
    const args = [new IncomingRequest(head, body), new ResponseOutparam(this)];
    void lease.instance.call('wasi:http/incoming-handler', 'handle', args).then(
      () => this.#endProperly(),
      (error: unknown) => this.#endWith(toError(error)),
    );
  }

  /** Whether the guest has returned. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** Resolves when the guest has returned, with the trap if it did not do so properly; never rejects. The reply does not wait for it. */
  get returned(): Promise<Error | undefined> {
    if (this.#end !== undefined) return Promise.resolve(this.#end.trap);
    this.#returned ??= Promise.withResolvers();
    return this.#returned.promise;
  }

  take(response: GuestResponse): void {
    this.#response = response.tag === 'ok' ? response.val : undefined;
    const settled = (): Promise<void> => untilSettled(this.#lease.ctx);
    this.#answer({ at: 'set', response, settled, returned: () => this.returned });
  }

  giveUp(): void {
    this.#answer({ at: 'never-set', trap: undefined });
  }

  #endProperly(): void {
    this.#lease.end();
    this.#endWith(undefined);
  }

  /** Never throws: nobody hears of it who could tell. */
  #endWith(trap: Error | undefined): void {
    if (this.#end !== undefined) return;
    const end = (this.#end = { trap: this.#endBody(trap) ?? trap });
    this.#answer(end.trap instanceof Cancelled ? { at: 'cancelled', trap: end.trap } : { at: 'never-set', ...end });
    this.#returned?.resolve(end.trap);
  }

  /** Returns what the body failed with, if it did. */
  #endBody(trap: Error | undefined): Error | undefined {
    const bytes = this.#response?.bytes;
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

async function untilSettled(ctx: WasiCtx): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  await guestGaveThreadBack();
  while (ctx.paused !== undefined && performance.now() < endMs) {
    await ctx.paused;
    await guestGaveThreadBack();
  }
}
