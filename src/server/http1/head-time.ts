import type { ServerOptions } from 'node:http';
import type { ClientLimits } from '../../config/listener-options.ts';
import type { Sweep } from './sweep.ts';

/** How often Node checks for heads that take too long. */
const CHECK_MS = 1000;

/** Makes a server of node:http give up a connection whose next head takes too long, with the error `HEAD_IS_LATE`. */
export function headTimeOptions({ headTimeoutMs }: ClientLimits): ServerOptions {
  return { headersTimeout: headTimeoutMs, connectionsCheckingInterval: Math.min(CHECK_MS, headTimeoutMs) };
}

/** The code of the error for a head that takes too long. */
export const HEAD_IS_LATE = 'ERR_HTTP_REQUEST_TIMEOUT';

/** The time of a head that Node has given up although its client could not send it, because its connection was not read. */
export class HeadTime {
  #leftMs: number;

  constructor({ headTimeoutMs }: ClientLimits) {
    this.#leftMs = headTimeoutMs;
  }

  /** Whether the head is late now. Called at each sweep. */
  isOver({ elapsedMs }: Sweep): boolean {
    this.#leftMs -= elapsedMs;
    return this.#leftMs <= 0;
  }
}
