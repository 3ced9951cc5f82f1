import { err, type Result } from '../../abi/host-interface.ts';
import { Permits } from '../../util/permits.ts';
import type { RequestLimits } from '../../util/limits.ts';
import type { ErrorCode } from './error-code.ts';
import type { OutboundRequest, OutboundResponse, SendRequest } from './send-request.ts';

const DENIED: ErrorCode = Object.freeze({ tag: 'HTTP-request-denied' });

/** How requests leave, if they may, and whom to tell that there were too many. */
interface WayOut {
  readonly sendRequest?: SendRequest;
  readonly tell?: (what: string) => void;
}

/** Counts the outgoing requests of one request, and lets only so many wait for their response's head at once. */
export class OutboundGate {
  readonly #sendRequest: SendRequest | undefined;
  readonly #tell: ((what: string) => void) | undefined;
  readonly #max: number;
  readonly #permits: Permits;
  #counted = 0;

  constructor({ sendRequest, tell }: WayOut, { maxOutbound, maxConcurrentOutbound }: RequestLimits) {
    this.#sendRequest = sendRequest;
    this.#tell = tell;
    this.#max = maxOutbound;
    this.#permits = new Permits(maxConcurrentOutbound, maxOutbound);
  }

  /** Counts one more; returns why it is denied. */
  count(): ErrorCode | undefined {
    if (this.#sendRequest === undefined) return DENIED;
    this.#counted += 1;
    if (this.#counted <= this.#max) return undefined;
    this.#tell?.(`denied: outgoing requests beyond ${this.#max} of one request (--limit outbound)`);
    return DENIED;
  }

  /** Sends when it is this request's turn. Never rejects. */
  async send(request: OutboundRequest, signal: AbortSignal): Promise<Result<OutboundResponse, ErrorCode>> {
    if (this.#sendRequest === undefined || !(await this.#permits.acquire())) return err(DENIED);
    try {
      return await this.#sendRequest(request, signal);
    } finally {
      this.#permits.release();
    }
  }
}
