import type { Registry } from 'prom-client';
import type { MetricRecords } from '../../observe/metrics.ts';

/** What the primary itself counts. */
export interface WorkerPoolCounts {
  /** How many workers there should be. */
  readonly wanted: number;
  /** Workers that serve, and whose event loop responds. */
  readonly answering: number;
  /** Workers that ended without being told to because their event loop stalled. */
  readonly stalled: number;
  /** Workers that ended without being told to for any other reason. */
  readonly failed: number;
}

/** Returns a function that reads the counts as metrics. Loads prom-client. */
export async function createWorkerPoolMetrics(read: () => WorkerPoolCounts): Promise<() => Promise<MetricRecords>> {
  const { Counter, Gauge, Registry } = await import('prom-client');
  const register: Registry = new Registry();
  const wanted = new Gauge({ name: 'wasi_serve_workers', help: 'Worker processes configured.', registers: [] });
  const answering = new Gauge({
    name: 'wasi_serve_workers_answering',
    help: 'Worker processes that serve and whose event loop responds.',
    registers: [],
  });
  const ends = new Counter({
    name: 'wasi_serve_worker_ends_total',
    help: 'Workers that ended unexpectedly and were replaced, by reason: stalled or failed.',
    labelNames: ['reason'],
    registers: [],
  });
  for (const metric of [wanted, answering, ends]) register.registerMetric(metric);
  return async () => {
    const counts = read();
    wanted.set(counts.wanted);
    answering.set(counts.answering);
    ends.reset();
    ends.inc({ reason: 'stalled' }, counts.stalled);
    ends.inc({ reason: 'failed' }, counts.failed);
    return await register.getMetricsAsJSON();
  };
}
