import { setTimeout as sleep } from 'node:timers/promises';
import type { MetricRecords } from '../../observe/metrics.ts';

/** How long the primary waits for a worker's metrics: its guest may be blocking it. */
const ANSWER_MS = 1000;

/** A worker's metrics, as far as the primary knows them. */
export class WorkerMetrics {
  /** The metrics in the worker's last answer. */
  last: MetricRecords = [];
  readonly #ask: () => void;
  #answered = Promise.withResolvers<void>();
  #isAsked = false;

  /** `ask` requests the metrics from the worker. */
  constructor(ask: () => void) {
    this.#ask = ask;
  }

  /** The worker has answered. */
  tell(records: MetricRecords): void {
    this.last = records;
    this.#isAsked = false;
    this.#answered.resolve();
    this.#answered = Promise.withResolvers();
  }

  /** The current metrics, or those of the last answer if no new one arrives in time. */
  async read(): Promise<MetricRecords> {
    // A worker that does not answer is not asked again: the messages would pile up.
    if (!this.#isAsked) this.#ask();
    this.#isAsked = true;
    await Promise.race([this.#answered.promise, sleep(ANSWER_MS, undefined, { ref: false })]);
    return this.last;
  }
}
