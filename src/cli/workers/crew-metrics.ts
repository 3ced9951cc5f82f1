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

const GAUGES = [
  { name: 'workers', help: 'Processes that are to serve.', read: ({ wanted }: CrewCounts) => wanted },
  {
    name: 'workers_answering',
    help: 'Processes that serve and whose event loop turns.',
    read: ({ answering }: CrewCounts) => answering,
  },
] as const;

/** Reads them as metrics each time that it is called. */
export async function createCrewMetrics(read: () => CrewCounts): Promise<() => Promise<MetricRecords>> {
  const { Counter, Gauge, Registry } = await import('prom-client');
  const registers = [new Registry()] as const;
  for (const gauge of GAUGES) {
    new Gauge({
      name: `wasi_serve_${gauge.name}`,
      help: gauge.help,
      registers: [...registers],
      collect() {
        this.set(gauge.read(read()));
      },
    });
  }
  new Counter({
    name: 'wasi_serve_worker_ends_total',
    help: 'Workers that ended without being told to, and were replaced: because they stood still, or for another reason.',
    labelNames: ['reason'],
    registers: [...registers],
    collect() {
      this.reset();
      const { stalled, failed } = read();
      this.inc({ reason: 'stalled' }, stalled);
      this.inc({ reason: 'failed' }, failed);
    },
  });
  return () => registers[0].getMetricsAsJSON();
}
