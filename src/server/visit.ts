import type { Lease } from '../instance/pool.ts';
import { Cancelled } from '../wasi/context.ts';
import type { OutgoingBytes } from '../http/outgoing-bytes.ts';
import type { Exchange } from './exchange.ts';
import type { RequestReport } from './report.ts';
import type { Service } from './service.ts';
import { Watch } from './watch.ts';

/**
 * What one request holds of the host: its place among those in flight, a permit, a lease, a watch over its guest, and its exchange.
 *
 * Whoever makes one disposes it: that gives all back, in the reverse order, whatever throws meanwhile. Then it throws that: an embedder's function may,
 * which gets the last line of the guest's output.
 */
export class Visit implements Disposable {
  readonly service: Service;
  readonly #exchange: Exchange;
  #permit: 'none' | 'held' = 'none';
  #lease: Lease | undefined;
  #watch: Watch | undefined;

  constructor(service: Service, exchange: Exchange) {
    this.service = service;
    this.#exchange = exchange;
    service.inFlight.arrive();
  }

  /** The request has been let in. */
  admitted(): void {
    this.#permit = 'held';
  }

  /** An instance for the request, which gets its number, once. Throws as the pool does, and `Cancelled` where it is too late to begin. */
  lease(report: RequestReport): Lease {
    const { pool, grant, inFlight } = this.service;
    if (inFlight.isStopping) throw new Cancelled('stopping');
    report.ordinal = inFlight.nextOrdinal();
    this.#lease = pool.lease(grant(report, this.#exchange.head));
    return this.#lease;
  }

  /** The guest of `lease` waits for something, from when on it is watched. */
  watch({ ctx }: Lease): void {
    this.#watch = new Watch(this.service, ctx, this.#exchange);
  }

  /** The guest has returned, and what is left of its reply waits for the client: others get its place and its instance. Throws as disposing does. */
  outlive(bytes: OutgoingBytes): void {
    bytes.outlive();
    this.#letGo();
  }

  [Symbol.dispose](): void {
    try {
      this.#letGo();
    } finally {
      this.#end();
    }
  }

  /** What others wait for is given back, once. */
  #letGo(): void {
    const [watch, lease, permit] = [this.#watch, this.#lease, this.#permit];
    this.#watch = undefined;
    this.#lease = undefined;
    this.#permit = 'none';
    try {
      watch?.[Symbol.dispose]();
    } finally {
      try {
        lease?.[Symbol.dispose]();
      } finally {
        if (permit === 'held') this.service.admission.leave();
      }
    }
  }

  #end(): void {
    try {
      this.#exchange[Symbol.dispose]();
    } finally {
      this.service.inFlight.leave();
    }
  }
}
