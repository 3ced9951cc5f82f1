import { setTimeout as sleep } from 'node:timers/promises';
import type { MetricRecords } from '../../observe/metrics.ts';

/** How long the primary waits for the numbers of a worker, whose guest may hold it up. */
const ANSWER_MS = 1000;

/** The metrics of a worker, as far as the primary knows them. */
export class WorkerMetrics {
  /** Of its last answer. */
  last: MetricRecords = [];
  readonly #ask: () => void;
  #answered = Promise.withResolvers<void>();
  #isAsked = false;

  /** `ask` has the worker tell them. */
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

  /** Those of now; of its last answer where none comes in time. */
  async read(): Promise<MetricRecords> {
    // One that does not answer is not asked again: the questions would pile up.
    if (!this.#isAsked) this.#ask();
    this.#isAsked = true;
    await Promise.race([this.#answered.promise, sleep(ANSWER_MS, undefined, { ref: false })]);
    return this.last;
  }
}
