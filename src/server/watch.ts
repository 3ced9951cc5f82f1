import type { WasiCtx } from '../wasi/wasi-ctx.ts';
import type { Exchange } from './exchange.ts';
import type { Service } from './service.ts';

/**
 * Ends a guest that waits: at its deadline, some time after its client left, when its client breaks a rule for the body, or when the host stops.
 *
 * Only a guest that gave the thread back is watched, since none of these can happen before; most never do. Whoever makes one disposes it.
 */
export class Watch implements Disposable {
  readonly #service: Service;
  readonly #ctx: WasiCtx;
  readonly #exchange: Exchange;
  #grace: NodeJS.Timeout | undefined;

  constructor(service: Service, ctx: WasiCtx, exchange: Exchange) {
    this.#service = service;
    this.#ctx = ctx;
    this.#exchange = exchange;
    this.#check();
    exchange.clientLeft.onReady(this.#check);
    exchange.violation.onReady(this.#check);
    service.inFlight.add(ctx);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#grace);
    this.#exchange.clientLeft.offReady(this.#check);
    this.#exchange.violation.offReady(this.#check);
    this.#service.inFlight.remove(this.#ctx);
  }

  readonly #check = (): void => {
    const { clientLeft, violation } = this.#exchange;
    const { cancellation } = this.#ctx;
    if (clientLeft.isReady())
      this.#grace ??= setTimeout(() => cancellation.cancel('client-left'), this.#service.graceMs);
    if (violation.failure !== undefined) cancellation.cancel('request-broken', violation.failure.reason);
  };
}
