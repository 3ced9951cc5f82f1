import type { ClientLimits } from '../config/options.ts';
import { formatTimeout } from '../util/format.ts';
import type { Failure } from './error-reply.ts';
import { type Look, patienceAt } from './look.ts';

/** What is seen of a body at a look. */
export interface BodySight {
  /** What the connection has read, from its first byte on. */
  readonly bytesRead: number;
  /** Whether the guest waits for more of it. */
  readonly isAwaited: boolean;
}

/** How fast the body of a request comes, look by look: what its client takes too long over. */
export class BodyPace {
  readonly #limits: ClientLimits;
  readonly #startBytes: number;
  /** At the last look, where the guest waited; -1 where it did not. */
  #bytesRead = -1;
  #ageMs = 0;
  #awaitedMs = 0;
  #idleMs = 0;

  /** `startBytes` is what the connection had read when the body began. */
  constructor(limits: ClientLimits, startBytes: number) {
    this.#limits = limits;
    this.#startBytes = startBytes;
  }

  /** What the client takes too long over, if it does. */
  look(look: Look, { bytesRead, isAwaited }: BodySight): Failure | undefined {
    const { elapsedMs } = look;
    this.#ageMs += elapsedMs;
    // A guest that did not wait at the last look may have begun to just now.
    if (isAwaited && this.#bytesRead !== -1) this.#awaitedMs += elapsedMs;
    this.#idleMs = isAwaited && this.#bytesRead === bytesRead ? this.#idleMs + elapsedMs : 0;
    this.#bytesRead = isAwaited ? bytesRead : -1;
    return this.#overdue() ?? (isAwaited ? (this.#idle() ?? this.#slow(look, bytesRead)) : undefined);
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

  /** Each byte that came early buys time for those that come late. */
  #slow(look: Look, bytesRead: number): Failure | undefined {
    const { minBodyRateBytes, bodyGraceMs } = this.#limits;
    if (minBodyRateBytes === 0) return undefined;
    const { ms, when } = patienceAt(look, bodyGraceMs);
    const earnedMs = (1000 * (bytesRead - this.#startBytes)) / minBodyRateBytes;
    if (this.#awaitedMs < ms + earnedMs) return undefined;
    return tooSlow(
      `the body of the request came with less than ${minBodyRateBytes} bytes a second for ${formatTimeout(ms)}${when} (--min-body-rate)`,
    );
  }
}

function tooSlow(reason: string): Failure {
  return { status: 408, reason };
}
