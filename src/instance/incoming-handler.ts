import { Cancelled, type WasiCtx } from '../wasi/context.ts';
import type { BodySource } from '../wasi/http/body-source.ts';
import { IncomingRequest, type RequestHead } from '../wasi/http/incoming.ts';
import type { OutgoingResponse } from '../wasi/http/outgoing.ts';
import { type GuestResponse, ResponseOutparam } from '../wasi/http/response-outparam.ts';
import type { Lease } from './pool.ts';

/** What a guest makes of a request: a response or an error code; nothing; or its end by the host, before it said anything. */
export type Answer =
  | {
      readonly at: 'set';
      readonly response: GuestResponse;
      /** Resolves when the guest waits for something that is not there yet, or has returned, or computes on for long. */
      readonly settled: () => Promise<void>;
    }
  | { readonly at: 'never-set'; readonly trap: Error | undefined }
  | { readonly at: 'cancelled'; readonly trap: Cancelled };

/** A guest at work on one request. Neither promise rejects. */
export interface GuestCall {
  /** Resolves when the guest has given its answer, or will not. */
  readonly answer: Promise<Answer>;
  /** Resolves when the guest has returned, with the trap if it did not do so properly; the reply does not wait for it. */
  readonly returned: Promise<Error | undefined>;
  /** Whether it has returned. */
  isOver(): boolean;
}

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
  const { promise: answer, resolve: resolveAnswer } = Promise.withResolvers<Answer>();
  const { promise: returned, resolve: resolveReturned } = Promise.withResolvers<Error | undefined>();
  const { cancellation } = lease.ctx;
  let response: OutgoingResponse | undefined;
  let isOver = false;
  const outparam = new ResponseOutparam(
    (set) => {
      response = set.tag === 'ok' ? set.val : undefined;
      resolveAnswer({ at: 'set', response: set, settled: () => untilSettled(lease.ctx) });
    },
    () => resolveAnswer({ at: 'never-set', trap: undefined }),
  );
  const end = (trap: Error | undefined): void => {
    if (isOver) return;
    isOver = true;
    if (trap === undefined) response?.bytes?.finish(undefined);
    else response?.bytes?.abort(trap.message);
    resolveAnswer(trap instanceof Cancelled ? { at: 'cancelled', trap } : { at: 'never-set', trap });
    resolveReturned(trap);
  };
  cancellation.onReady(() => end(cancellation.trap));
  lease.begin();
  void lease.instance.call('wasi:http/incoming-handler', 'handle', [new IncomingRequest(head, body), outparam]).then(
    () => {
      lease.end();
      end(undefined);
    },
    (error: unknown) => end(toError(error)),
  );
  return { answer, returned, isOver: () => isOver };
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

async function untilSettled(ctx: WasiCtx): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  await guestGaveThreadBack();
  while (ctx.paused !== undefined && performance.now() < endMs) {
    await ctx.paused;
    await guestGaveThreadBack();
  }
}
