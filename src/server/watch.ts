import type { WasiCtx } from '../wasi/context.ts';
import type { Exchange } from './exchange.ts';
import type { Service } from './service.ts';

/**
 * Ends a guest that waits: at its deadline, some time after its client left, when that breaks the rules for its body, or when the host stops.
 *
 * Only one that gave the thread back is watched, since none of these can happen before; most never do. Whoever makes one disposes it.
 */
export class Watch implements Disposable {
  readonly #service: Service;
  readonly #ctx: WasiCtx;
  readonly #deadline: NodeJS.Timeout | undefined;
  readonly #stopListening: readonly (() => void)[];
  #grace: NodeJS.Timeout | undefined;

  constructor(service: Service, ctx: WasiCtx, { clientLeft, violation }: Exchange) {
    this.#service = service;
    this.#ctx = ctx;
    const { graceMs, inFlight } = service;
    const { timeoutMs = 0 } = ctx.grants;
    const cancelAfter = (ms: number, reason: 'deadline' | 'client-left'): NodeJS.Timeout =>
      setTimeout(() => ctx.cancellation.cancel(reason), ms);
    const elapsedMs = performance.now() - ctx.startedMs;
    this.#deadline = timeoutMs === 0 ? undefined : cancelAfter(Math.max(0, timeoutMs - elapsedMs), 'deadline');
    const look = (): void => {
      if (clientLeft.isReady()) this.#grace ??= cancelAfter(graceMs, 'client-left');
      if (violation?.failure !== undefined) ctx.cancellation.cancel('request-broken', violation.failure.reason);
    };
    look();
    this.#stopListening = [clientLeft, ...(violation === undefined ? [] : [violation])].map((source) =>
      source.onReady(look),
    );
    inFlight.add(ctx);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#deadline);
    clearTimeout(this.#grace);
    for (const stopListening of this.#stopListening) stopListening();
    this.#service.inFlight.remove(this.#ctx);
  }
}
