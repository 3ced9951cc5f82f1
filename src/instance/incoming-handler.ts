import { Cancelled } from '../wasi/context.ts';
import type { BodySource } from '../wasi/http/body-source.ts';
import { IncomingRequest, type RequestHead } from '../wasi/http/incoming.ts';
import type { OutgoingResponse } from '../wasi/http/outgoing.ts';
import { type GuestResponse, ResponseOutparam } from '../wasi/http/response-outparam.ts';
import type { Lease } from './pool.ts';

/** What a guest makes of a request: a response or an error code; nothing; or its end by the host, before it said anything. */
export type Answer =
  | { readonly at: 'set'; readonly response: GuestResponse }
  | { readonly at: 'never-set'; readonly trap: Error | undefined }
  | { readonly at: 'cancelled'; readonly trap: Cancelled };

/** A guest at work on one request. Neither promise rejects. */
export interface GuestCall {
  /** Resolves when the guest has given its answer, or will not. */
  readonly answer: Promise<Answer>;
  /** Resolves when the guest has returned, with the trap if it did not do so properly; the reply does not wait for it. */
  readonly returned: Promise<Error | undefined>;
}

/**
 * Calls the guest's `handle`: the one place that knows how WASI 0.2 hands over a request.
 *
 * A guest that returns with its body unfinished ends it cleanly; one that traps or is cancelled breaks it off.
 * Source: wasi-http `handler.wit`.
 */
export function callIncomingHandler(lease: Lease, head: RequestHead, body: BodySource): GuestCall {
  const { promise: answer, resolve } = Promise.withResolvers<Answer>();
  const { cancellation } = lease.ctx;
  if (cancellation.trap !== undefined) return cancelledBefore(cancellation.trap);
  let response: OutgoingResponse | undefined;
  const outparam = new ResponseOutparam(
    (set) => {
      response = set.tag === 'ok' ? set.val : undefined;
      resolve({ at: 'set', response: set });
    },
    () => resolve({ at: 'never-set', trap: undefined }),
  );
  const end = (trap: Error | undefined): Error | undefined => {
    if (trap === undefined) response?.bytes?.finish(undefined);
    else response?.bytes?.abort(trap.message);
    resolve(trap instanceof Cancelled ? { at: 'cancelled', trap } : { at: 'never-set', trap });
    return trap;
  };
  const cancelled = new Promise<Error | undefined>((ended) => {
    cancellation.onReady(() => ended(end(cancellation.trap)));
  });
  lease.begin();
  const returned = lease.instance
    .call('wasi:http/incoming-handler', 'handle', [new IncomingRequest(head, body), outparam])
    .then(
      () => {
        lease.end();
        return end(undefined);
      },
      (error: unknown) => end(toError(error)),
    );
  return { answer, returned: Promise.race([returned, cancelled]) };
}

/** The call of a guest that was cancelled before it could begin. */
function cancelledBefore(trap: Cancelled): GuestCall {
  return { answer: Promise.resolve({ at: 'cancelled', trap }), returned: Promise.resolve(trap) };
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
