import type { Registry } from 'prom-client';
import type { Log } from './log.ts';
import { type Watched, readLoads } from './load-metrics.ts';
import { countEvents } from './request-metrics.ts';

/** What a registry of prom-client holds, as JSON: another process can add it up. */
export type MetricRecords = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** What the hosts of this process do, in numbers. */
export interface Metrics {
  /** Counts what happens: for a host's log, beside others or alone. */
  readonly log: Log;
  /** Has what a host holds read whenever somebody asks for the numbers. */
  watch(watched: Watched): void;
  /** Whether one of these hosts takes requests. */
  isReady(): boolean;
  /** All, as text in Prometheus' format. */
  toText(): Promise<string>;
  toRecords(): Promise<MetricRecords>;
}

/** Metrics of a process, all 0. Loads prom-client: only for who wants to see them. */
export async function createMetrics(): Promise<Metrics> {
  const prom = await import('prom-client');
  const register = new prom.Registry();
  const watched: Watched[] = [];
  prom.collectDefaultMetrics({ register });
  readLoads(prom, register, watched);
  return {
    log: countEvents(prom, register),
    watch: (one) => void watched.push(one),
    isReady: () => watched.some(({ host }) => host.load.isAccepting),
    toText: () => register.metrics(),
    toRecords: () => register.getMetricsAsJSON(),
  };
}

/** The numbers of several processes as one text: they are added up, those that are no amounts averaged. */
export async function sumMetrics(processes: readonly MetricRecords[]): Promise<string> {
  const { AggregatorRegistry } = await import('prom-client');
  return await AggregatorRegistry.aggregate([...processes]).metrics();
}

/** The counters and histograms of one process more: what stays true when it has ended. */
export async function addCounts(counts: MetricRecords, ended: MetricRecords): Promise<MetricRecords> {
  if (ended.length === 0) return counts;
  const { AggregatorRegistry } = await import('prom-client');
  return await AggregatorRegistry.aggregate([counts, ended.filter(isCount)]).getMetricsAsJSON();
}

/** Their types are declared as an enumeration, and are words. */
function isCount({ type }: MetricRecords[number]): boolean {
  return ['counter', 'histogram'].includes(String(type));
}
