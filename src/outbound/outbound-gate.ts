import { err, type Result } from '../util/result.ts';
import type { HeldBytes } from '../util/held-bytes.ts';
import { Permits } from '../io/permits.ts';
import type { RequestLimits } from '../util/limits.ts';
import type { ErrorCode } from '../http/error-code.ts';
import { withHop } from '../http/hops.ts';
import type { IncomingHead } from '../http/request-head.ts';
import type { OutboundRequest, OutboundResponse, SendRequest } from './send-request.ts';

const DENIED: ErrorCode = Object.freeze({ tag: 'HTTP-request-denied' });

const NO_CONNECTION = 'outgoing requests fail: cannot open connections, out of file descriptors (ulimit -n) or memory';

/** The memory that a request takes while it is under way, besides its head and body: an exchange, a parser, a socket and their listeners. */
export const EXCHANGE_HELD_BYTES = 32 * 1024;

/** The request on whose behalf guests send: the part of a `WasiCtx` that is needed. */
interface Sender {
  readonly limits: RequestLimits;
  readonly grants: {
    /** Sends requests; absent if guests may not send any. */
    readonly sendRequest?: SendRequest;
    /** Tells the operator that requests are denied. */
    readonly tell?: (what: string) => void;
    /** The head of the request that the guest is serving. */
    readonly head?: IncomingHead | undefined;
  };
}

/** Counts the outgoing requests of one request, and bounds how many of them wait for their response's head concurrently. */
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
    this.#permits = new Permits({ max: maxConcurrentOutbound, maxQueued: maxOutbound });
  }

  /** Counts a request and takes `EXCHANGE_HELD_BYTES` for it. Returns the error code if it is denied. */
  count(held: HeldBytes): ErrorCode | undefined {
    if (this.#sendRequest === undefined) return DENIED;
    this.#counted += 1;
    if (this.#counted > this.#max) return this.#deny(`more than ${this.#max} for one request (--limit outbound)`);
    if (held.tryTake(EXCHANGE_HELD_BYTES)) return undefined;
    return this.#deny('the request makes the host hold too much (--limit held-bytes)');
  }

  /** Sends the request when it is its turn. Never rejects. */
  async send(request: OutboundRequest, signal: AbortSignal): Promise<Result<OutboundResponse, ErrorCode>> {
    if (this.#sendRequest === undefined || !(await this.#permits.acquire())) return releaseFailed(request, err(DENIED));
    try {
      const sent = await this.#sendRequest(this.#withHop(request), signal);
      if (sent.tag === 'ok') return sent;
      if (sent.val.tag === 'HTTP-request-denied') this.#deny('guests may not call this target (--outbound)');
      if (sent.val.tag === 'connection-limit-reached') this.#tell?.(NO_CONNECTION);
      return releaseFailed(request, sent);
    } finally {
      this.#permits.release();
    }
  }

  /** Adds this host to `cdn-loop`, so that guests that call each other in a loop are stopped. */
  #withHop(request: OutboundRequest): OutboundRequest {
    return { ...request, fields: withHop(request.fields, this.#head?.fields ?? []) };
  }

  #deny(reason: string): ErrorCode {
    this.#tell?.(`outgoing requests denied: ${reason}`);
    return DENIED;
  }
}

/** Releases everything held for a request that failed. */
function releaseFailed<T>({ body, charge }: OutboundRequest, failed: T): T {
  body?.leave();
  charge?.[Symbol.dispose]();
  return failed;
}
