import { err, type Result } from '../util/result.ts';
import type { HeldBytes } from '../util/held-bytes.ts';
import { Permits } from '../io/permits.ts';
import type { RequestLimits } from '../util/limits.ts';
import type { ErrorCode } from '../http/error-code.ts';
import { withHop } from '../http/hops.ts';
import type { IncomingHead } from '../http/request-head.ts';
import type { OutboundRequest, OutboundResponse, SendRequest } from './send-request.ts';

const DENIED: ErrorCode = Object.freeze({ tag: 'HTTP-request-denied' });

const NO_CONNECTION =
  'outgoing requests fail: no connection can be opened for want of file descriptors (ulimit -n) or memory';

/** What a request takes while it is under way, beside its head and its body: a client, its parser, a socket, and what connects them. */
export const EXCHANGE_HELD_BYTES = 32 * 1024;

/** For whom requests are sent: a `WasiCtx`, in short. */
interface Sender {
  readonly limits: RequestLimits;
  readonly grants: {
    /** How requests leave, if they may. */
    readonly sendRequest?: SendRequest;
    /** Tells the operator that there were too many. */
    readonly tell?: (what: string) => void;
    /** What came with the request that the guest works for. */
    readonly head?: IncomingHead;
  };
}

/** Counts the outgoing requests of one request, and lets only so many wait for their response's head at once. */
export class OutboundGate {
  readonly #sendRequest: SendRequest | undefined;
  readonly #tell: ((what: string) => void) | undefined;
  readonly #head: IncomingHead | undefined;
  readonly #max: number;
  readonly #permits: Permits;
  #counted = 0;

  constructor({ grants: { sendRequest, tell, head }, limits: { maxOutbound, maxConcurrentOutbound } }: Sender) {
    this.#sendRequest = sendRequest;
    this.#tell = tell;
    this.#head = head;
    this.#max = maxOutbound;
    this.#permits = new Permits(maxConcurrentOutbound, maxOutbound);
  }

  /** Counts one more, and takes `EXCHANGE_HELD_BYTES` for it; returns why it is denied. */
  count(held: HeldBytes): ErrorCode | undefined {
    if (this.#sendRequest === undefined) return DENIED;
    this.#counted += 1;
    if (this.#counted > this.#max) return this.#deny(`beyond ${this.#max} of one request (--limit outbound)`);
    if (held.tryTake(EXCHANGE_HELD_BYTES)) return undefined;
    return this.#deny('of a request that has the host hold too much (--limit held-bytes)');
  }

  /** Sends when it is this request's turn. Never rejects. */
  async send(request: OutboundRequest, signal: AbortSignal): Promise<Result<OutboundResponse, ErrorCode>> {
    if (this.#sendRequest === undefined || !(await this.#permits.acquire())) return letGo(request, err(DENIED));
    try {
      const sent = await this.#sendRequest(this.#withHop(request), signal);
      if (sent.tag === 'ok') return sent;
      if (sent.val.tag === 'HTTP-request-denied') this.#deny('to what guests may not call (--outbound)');
      if (sent.val.tag === 'connection-limit-reached') this.#tell?.(NO_CONNECTION);
      return letGo(request, sent);
    } finally {
      this.#permits.release();
    }
  }

  /** Says that the request comes by way of this host, so that guests that call each other in a loop come to an end. */
  #withHop(request: OutboundRequest): OutboundRequest {
    return { ...request, fields: withHop(request.fields, this.#head?.fields ?? []) };
  }

  #deny(which: string): ErrorCode {
    this.#tell?.(`denied: outgoing requests ${which}`);
    return DENIED;
  }
}

/** Nothing is held any more for a request that failed. */
function letGo<T>({ body, charge }: OutboundRequest, failed: T): T {
  body?.leave();
  charge?.[Symbol.dispose]();
  return failed;
}
