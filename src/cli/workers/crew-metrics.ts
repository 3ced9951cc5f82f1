import type { Registry } from 'prom-client';
import type { MetricRecords } from '../../observe/metrics.ts';

/** What a primary counts itself. */
export interface CrewCounts {
  /** Places for workers. */
  readonly wanted: number;
  /** Workers that serve, and answer. */
  readonly answering: number;
  /** Workers that ended without being told to, because their event loop stood still and for other reasons. */
  readonly stalled: number;
  readonly failed: number;
}

/** Returns what reads them as metrics. Loads prom-client. */
export async function createCrewMetrics(read: () => CrewCounts): Promise<() => Promise<MetricRecords>> {
  const { Counter, Gauge, Registry } = await import('prom-client');
  const register: Registry = new Registry();
  const wanted = new Gauge({ name: 'wasi_serve_workers', help: 'Processes that are to serve.', registers: [] });
  const answering = new Gauge({
    name: 'wasi_serve_workers_answering',
    help: 'Processes that serve, and whose event loop turns.',
    registers: [],
  });
  const ends = new Counter({
    name: 'wasi_serve_worker_ends_total',
    help: 'Workers that ended without being told to, and were replaced: because they stood still, or for another reason.',
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
