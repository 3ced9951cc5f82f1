import type { Socket } from 'node:net';
import type { ClientLimits } from '../../config/options.ts';
import { formatTimeout } from '../../util/format.ts';
import { type Failure, clientFault } from '../failure.ts';
import { Slowness } from './slowness.ts';

/** What is seen of a client at a look. */
export interface ClientSight {
  /** What has come, from the first byte of its connection on, and whether the guest waits for more. */
  readonly readBytes: number;
  readonly isAwaited: boolean;
  /** What it has taken, at least, and whether that is all that there is for it. */
  readonly takenBytes: number;
  readonly isTaken: boolean;
}

/** How fast the client of a request sends its body and takes its reply, look by look. */
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

  /** For how long the client has kept its guest waiting, in milliseconds. */
  look(elapsedMs: number, { readBytes, isAwaited, takenBytes, isTaken }: ClientSight): number {
    this.#sendingMs = this.#sending.look(elapsedMs, readBytes, isAwaited);
    this.#takingMs = this.#taking.look(elapsedMs, takenBytes, !isTaken);
    return Math.max(this.#sendingMs, this.#takingMs);
  }

  /** What is wrong with the client, if it is too slow. */
  get failure(): Failure {
    const { minBodyRateBytes, bodyGraceMs } = this.#limits;
    const what = this.#sendingMs >= this.#takingMs ? 'the body of the request came' : 'the client took its reply';
    const reason = `${what} with less than ${minBodyRateBytes} bytes a second for ${formatTimeout(bodyGraceMs)} while requests waited for their turn (--min-body-rate)`;
    return clientFault(408, reason);
  }
}

/** Rises with each byte that the kernel takes for a client. A write may be large, and only the handle knows how much of it is out. */
export function takenBytesOf(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { readonly writeQueueSize: number } | null };
  return socket.bytesWritten - socket.writableLength - (handle?.writeQueueSize ?? 0);
}
