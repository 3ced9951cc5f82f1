import type { Socket } from 'node:net';
import type { ClientLimits } from '../config/options.ts';
import { formatTimeout } from '../util/format.ts';
import type { Failure } from './error-reply.ts';
import type { Look } from './look.ts';
import { Slowness } from './slowness.ts';

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

  /** For how long the client has kept its guest waiting, in milliseconds. `isAwaited`: the guest waits for more of the body. */
  look({ elapsedMs }: Look, socket: Socket, isAwaited: boolean): number {
    this.#sendingMs = this.#sending.look(elapsedMs, socket.bytesRead, isAwaited);
    this.#takingMs = this.#taking.look(elapsedMs, takenBytesOf(socket), socket.writableLength > 0);
    return Math.max(this.#sendingMs, this.#takingMs);
  }

  /** What is wrong with the client, if it is too slow. */
  get failure(): Failure {
    const { minBodyRateBytes, bodyGraceMs } = this.#limits;
    const what = this.#sendingMs >= this.#takingMs ? 'the body of the request came' : 'the client took its reply';
    const reason = `${what} with less than ${minBodyRateBytes} bytes a second for ${formatTimeout(bodyGraceMs)} while requests waited for their turn (--min-body-rate)`;
    return { status: 408, reason };
  }
}

/** Rises with each byte that the kernel takes. A write may be large, and only the handle knows how much of it is out. */
export function takenBytesOf(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { readonly writeQueueSize: number } | null };
  return socket.bytesWritten - socket.writableLength - (handle?.writeQueueSize ?? 0);
}
