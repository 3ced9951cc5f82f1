import type { OutgoingBytes } from '../http/outgoing-bytes.ts';
import type { Lease, LeaseHolder } from '../instance/pool.ts';
import { Cancelled } from '../wasi/cancellation.ts';
import type { Grants } from '../wasi/interfaces.ts';
import type { Exchange } from './exchange.ts';
import { failureOfThrown } from './failure.ts';
import { RequestReport } from './report.ts';
import type { Service } from './service.ts';
import { Watch } from './watch.ts';

/**
 * What one request has of the host: its report, and what it gives back, which is its place among those in flight, a permit, a lease, a watch over
 * its guest, and its exchange.
 *
 * Whoever makes one disposes it: that gives all back, in the reverse order. What is thrown meanwhile is logged, since an embedder's function may be
 * called then, which gets the last line of the guest's output.
 */
export class RequestScope implements LeaseHolder, Disposable {
  readonly service: Service;
  readonly exchange: Exchange;
  readonly report: RequestReport;
  #permit: 'none' | 'held' = 'none';
  #lease: Lease | undefined;
  #watch: Watch | undefined;

  constructor(service: Service, exchange: Exchange) {
    this.service = service;
    this.exchange = exchange;
    this.report = new RequestReport(service, exchange.head);
    service.inFlight.arrive();
  }

  /** The request has been let in. */
  admitted(): void {
    this.#permit = 'held';
  }

  /** An instance for the request, which gets its number, once. Throws as the pool does, and `Cancelled` if it is too late to begin. */
  lease(): Lease {
    const { pool, inFlight } = this.service;
    if (inFlight.isStopping) throw new Cancelled('stopping');
    const lease = pool.lease(this);
    this.report.cpu = lease.ctx.cpu;
    return (this.#lease = lease);
  }

  grants(ordinal = this.service.inFlight.nextOrdinal()): Grants {
    this.report.ordinal = ordinal;
    return this.service.grant(this.report, this.exchange.head);
  }

  /** The guest waits for something. From now on it is ended when its time is over or its client is gone. */
  watch({ ctx }: Lease): void {
    this.#watch = new Watch(this.service, ctx, this.exchange);
  }

  /** The guest has returned, and what is left of its reply waits for the client: others get its place and its instance. */
  outlive(bytes: OutgoingBytes): void {
    try {
      bytes.outlive();
    } catch (error) {
      this.report.failed(failureOfThrown(error));
    }
    this.#letGo();
  }

  [Symbol.dispose](): void {
    this.#letGo();
    this.#dispose(this.exchange);
    this.service.inFlight.leave();
  }

  /** Gives back what others wait for, once. */
  #letGo(): void {
    const [watch, lease, permit] = [this.#watch, this.#lease, this.#permit];
    this.#watch = undefined;
    this.#lease = undefined;
    this.#permit = 'none';
    this.#dispose(watch);
    this.#dispose(lease);
    if (permit === 'held') this.service.admission.leave();
  }

  #dispose(held: Disposable | undefined): void {
    try {
      held?.[Symbol.dispose]();
    } catch (error) {
      this.report.failed(failureOfThrown(error));
    }
  }
}
