import { err, type Result } from '../../abi/host-interface.ts';
import { Permits } from '../../util/permits.ts';
import type { RequestLimits } from '../../util/limits.ts';
import type { ErrorCode } from './error-code.ts';
import type { OutboundRequest, OutboundResponse, SendRequest } from './send-request.ts';

const DENIED: ErrorCode = Object.freeze({ tag: 'HTTP-request-denied' });

/** Counts the outgoing requests of one request, and lets only so many wait for their response's head at once. */
export class OutboundGate {
  readonly #sendRequest: SendRequest | undefined;
  readonly #permits: Permits;
  #left: number;

  constructor(sendRequest: SendRequest | undefined, limits: RequestLimits) {
    this.#sendRequest = sendRequest;
    this.#left = limits.maxOutbound;
    this.#permits = new Permits(limits.maxConcurrentOutbound, limits.maxOutbound);
  }

  /** Counts one more; returns why it is denied. */
  count(): ErrorCode | undefined {
    if (this.#sendRequest === undefined || this.#left === 0) return DENIED;
    this.#left -= 1;
    return undefined;
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
