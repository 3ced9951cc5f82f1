import type { Socket } from 'node:net';
import type { ClientLimits } from '../../config/listener-options.ts';
import { formatTimeout } from '../../util/format.ts';
import { type Failure, clientFault } from '../failure.ts';
import { Slowness } from './slowness.ts';

/** The state of a client at a sweep. */
export interface ClientSample {
  /** How many bytes have arrived on its connection in total, and whether the guest waits for more. */
  readonly readBytes: number;
  readonly isAwaited: boolean;
  /** How many bytes it has received, at least, and whether these are all that was written for it. */
  readonly takenBytes: number;
  readonly isTaken: boolean;
}

/** Measures how fast the client of a request sends its body and receives its reply. */
export class ClientPace {
  readonly #limits: ClientLimits;
  readonly #sending: Slowness;
  readonly #taking: Slowness;
  #sendingMs = 0;
  #takingMs = 0;

  /** `minBodyRateBytes` of `limits` is not 0. */
  constructor(limits: ClientLimits) {
    this.#limits = limits;
    this.#sending = new Slowness(limits.minBodyRateBytes);
    this.#taking = new Slowness(limits.minBodyRateBytes);
  }

  /** Returns for how long the client has kept its guest waiting, in milliseconds. Called at each sweep. */
  measure(elapsedMs: number, { readBytes, isAwaited, takenBytes, isTaken }: ClientSample): number {
    this.#sendingMs = this.#sending.measure(elapsedMs, readBytes, isAwaited);
    this.#takingMs = this.#taking.measure(elapsedMs, takenBytes, !isTaken);
    return Math.max(this.#sendingMs, this.#takingMs);
  }

  /** The failure of a client that is too slow. */
  get failure(): Failure {
    const { minBodyRateBytes, bodyGraceMs } = this.#limits;
    const what = this.#sendingMs >= this.#takingMs ? 'the body of the request came' : 'the client took its reply';
    const reason = `${what} with less than ${minBodyRateBytes} bytes per second for ${formatTimeout(bodyGraceMs)} while requests were queued (--min-body-rate)`;
    return clientFault(408, reason);
  }
}

/** How many bytes the kernel has accepted for a client. A write may be large, and only the handle knows how much of it is written. */
export function takenBytesOf(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { readonly writeQueueSize: number } | null };
  return socket.bytesWritten - socket.writableLength - (handle?.writeQueueSize ?? 0);
}
