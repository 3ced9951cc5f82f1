import type { Instance } from '../linker/instance-pre.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';

/** How requests share instances. */
export interface Sharing {
  /** Requests that an instance serves, one after the other. */
  readonly maxRequests: number;
  /** How long an instance waits for another request, in ms. */
  readonly idleMs: number;
}

/** An instance that has served a request and may serve another, which finds all that the first has left. */
export interface SharedLease extends Disposable {
  readonly instance: Instance<WasiCtx>;
  /** That of all its requests: what the guest has kept of one, its handles stand for in the next. */
  readonly ctx: WasiCtx;
  /** How many requests it has served. */
  readonly requests: number;
}

/** A lease that waits, and what ends the wait. */
interface Waiting {
  readonly lease: SharedLease;
  readonly timer: NodeJS.Timeout;
  readonly onCancelled: () => void;
}

/** Instances between two requests that share them. The one that waited least comes first: the others end. */
export class SharedLeases implements Disposable {
  readonly #sharing: Sharing;
  readonly #waiting: Waiting[] = [];
  #state: 'open' | 'closed' = 'open';

  constructor(sharing: Sharing) {
    this.#sharing = sharing;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Takes one that waits, if there is one. */
  take(): SharedLease | undefined {
    const waiting = this.#waiting.pop();
    if (waiting === undefined) return undefined;
    stopWaiting(waiting);
    return waiting.lease;
  }

  /** Keeps `lease` for another request, if it may serve one. Otherwise returns `false`, and the caller disposes it. */
  keep(lease: SharedLease): boolean {
    const { instance, ctx, requests } = lease;
    const isDone = this.#state === 'closed' || requests >= this.#sharing.maxRequests;
    if (isDone || !instance.isIdle || ctx.cancellation.trap !== undefined) return false;
    const end = (): void => this.#end(lease);
    const timer = setTimeout(end, this.#sharing.idleMs).unref();
    // If the host is short of memory, what is kept for no request goes first.
    ctx.cancellation.onReady(end);
    this.#waiting.push({ lease, timer, onCancelled: end });
    return true;
  }

  [Symbol.dispose](): void {
    this.#state = 'closed';
    for (let lease = this.take(); lease !== undefined; lease = this.take()) lease[Symbol.dispose]();
  }

  #end(lease: SharedLease): void {
    const index = this.#waiting.findIndex((waiting) => waiting.lease === lease);
    const [waiting] = index === -1 ? [] : this.#waiting.splice(index, 1);
    if (waiting === undefined) return;
    stopWaiting(waiting);
    waiting.lease[Symbol.dispose]();
  }
}

function stopWaiting({ lease, timer, onCancelled }: Waiting): void {
  clearTimeout(timer);
  lease.ctx.cancellation.offReady(onCancelled);
}
