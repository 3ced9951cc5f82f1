import type * as prom from 'prom-client';
import type { Registry } from 'prom-client';
import { HostError } from '../util/host-error.ts';
import { toError } from '../util/to-error.ts';
import type { Log } from './log.ts';
import { type Watched, readLoads } from './read-loads.ts';
import { countEvents } from './count-events.ts';

/** The contents of a prom-client registry as JSON, which another process can aggregate. */
export type MetricRecords = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The metrics of this process's hosts. */
export interface Metrics {
  /** A log that counts events: pass it to a host, alone or together with others. */
  readonly log: Log;
  /** Includes a host's load, read whenever the metrics are. */
  watch(watched: Watched): void;
  /** Whether one of these hosts accepts requests. */
  isReady(): boolean;
  /** All metrics in Prometheus' text format. */
  toText(): Promise<string>;
  toRecords(): Promise<MetricRecords>;
}

/**
 * Creates the metrics of a process, all 0. Loads prom-client, so that only those who use metrics pay for it.
 *
 * @example
 * ```ts
 * const component = await loadComponent('app.wasm');
 * const metrics = await createMetrics();
 * await using host = createHost(component, {}, metrics.log);
 * metrics.watch({ component: component.label, host });
 * console.log(await metrics.toText());
 * ```
 */
export async function createMetrics(): Promise<Metrics> {
  const client = await importPromClient();
  const register = new client.Registry();
  const watched: Watched[] = [];
  client.collectDefaultMetrics({ register });
  readLoads(client, register, watched);
  return {
    log: countEvents(client, register),
    watch: (one) => void watched.push(one),
    isReady: () => watched.some(({ host }) => host.load.isAccepting),
    toText: () => register.metrics(),
    toRecords: () => register.getMetricsAsJSON(),
  };
}

/** The metrics of several processes as one text: amounts are added up, others are averaged. */
export async function sumMetrics(processes: readonly MetricRecords[]): Promise<string> {
  const { AggregatorRegistry } = await importPromClient();
  return await AggregatorRegistry.aggregate([...processes]).metrics();
}

/** Adds the counters and histograms of another process: what remains true after it has ended. */
export async function addCounts(counts: MetricRecords, ended: MetricRecords): Promise<MetricRecords> {
  if (ended.length === 0) return counts;
  const { AggregatorRegistry } = await importPromClient();
  return await AggregatorRegistry.aggregate([counts, ended.filter(isCount)]).getMetricsAsJSON();
}

/** prom-client declares the types as an enumeration, but they are strings. */
function isCount({ type }: MetricRecords[number]): boolean {
  return ['counter', 'histogram'].includes(String(type));
}

/** Bundlers that leave its `require` of Node's modules as it is make it fail. */
async function importPromClient(): Promise<typeof prom> {
  try {
    return await import('prom-client');
  } catch (error) {
    const { message } = toError(error);
    const remedy = 'leave it out of a bundle, and install it beside that (esbuild: --external:prom-client)';
    throw new HostError(
      'not-supported',
      `metrics take the package prom-client, which does not load: ${message}; ${remedy}`,
      {
        cause: error,
      },
    );
  }
}
