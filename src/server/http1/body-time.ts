import type { ClientLimits } from '../../config/listener-options.ts';
import { formatTimeout } from '../../util/format.ts';
import { type Failure, clientFault } from '../failure.ts';
import type { Sweep } from './sweep.ts';

/** The state of a body at a sweep. */
export interface BodySample {
  /** How many bytes the connection has read in total. */
  readonly bytesRead: number;
  /** Whether the guest waits for more of the body. */
  readonly isAwaited: boolean;
}

/** Measures how long the body of a request takes, and tells when its client is too slow. */
export class BodyTime {
  readonly #limits: ClientLimits;
  /** As of the last sweep, if the guest waited then; else -1. */
  #bytesRead = -1;
  #ageMs = 0;
  #idleMs = 0;

  constructor(limits: ClientLimits) {
    this.#limits = limits;
  }

  /** Returns the failure if the client is too slow. Called at each sweep. */
  check({ elapsedMs }: Sweep, { bytesRead, isAwaited }: BodySample): Failure | undefined {
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
