import type { ClientLimits } from '../config/options.ts';
import { formatTimeout } from '../util/format.ts';
import { type Failure, clientFault } from './failure.ts';
import type { Look } from './http1/look.ts';

/** What is seen of a body at a look. */
export interface BodySight {
  /** What the connection has read, from its first byte on. */
  readonly bytesRead: number;
  /** Whether the guest waits for more of it. */
  readonly isAwaited: boolean;
}

/** Measures how long the body of a request takes, and tells when its client is too slow. */
export class BodyTime {
  readonly #limits: ClientLimits;
  /** At the last look, where the guest waited; -1 where it did not. */
  #bytesRead = -1;
  #ageMs = 0;
  #idleMs = 0;

  constructor(limits: ClientLimits) {
    this.#limits = limits;
  }

  /** What the client takes too long over, if it does. */
  look({ elapsedMs }: Look, { bytesRead, isAwaited }: BodySight): Failure | undefined {
    this.#ageMs += elapsedMs;
    this.#idleMs = isAwaited && this.#bytesRead === bytesRead ? this.#idleMs + elapsedMs : 0;
    this.#bytesRead = isAwaited ? bytesRead : -1;
    return this.#overdue() ?? (isAwaited ? this.#idle() : undefined);
  }

  #overdue(): Failure | undefined {
    const { bodyTimeoutMs } = this.#limits;
    if (bodyTimeoutMs === 0 || this.#ageMs < bodyTimeoutMs) return undefined;
    return tooSlow(`the body of the request was not whole within ${formatTimeout(bodyTimeoutMs)} (--body-timeout)`);
  }

  #idle(): Failure | undefined {
    const { bodyIdleTimeoutMs } = this.#limits;
    if (this.#idleMs < bodyIdleTimeoutMs) return undefined;
    return tooSlow(
      `nothing of the body of the request came within ${formatTimeout(bodyIdleTimeoutMs)} (--body-idle-timeout)`,
    );
  }
}

function tooSlow(reason: string): Failure {
  return clientFault(408, reason);
}
