import type * as prom from 'prom-client';
import type { HostLoad } from './host-load.ts';

type PromClient = typeof prom;

/** A host and the name of its component. */
export interface Watched {
  readonly component: string;
  readonly host: { readonly load: HostLoad };
}

interface LoadGauge {
  /** The name without `wasi_serve_`. */
  readonly name: string;
  readonly help: string;
  readonly read: (load: HostLoad) => number;
}

const GAUGES: readonly LoadGauge[] = [
  {
    name: 'hosts_accepting',
    help: 'Hosts that accept requests: one per process.',
    read: ({ isAccepting }) => +isAccepting,
  },
  { name: 'requests_in_flight', help: 'Requests whose guest is at work.', read: (load) => load.requestsInFlight },
  { name: 'requests_queued', help: 'Requests waiting in the queue.', read: (load) => load.requestsQueued },
  { name: 'connections', help: 'Open connections.', read: (load) => load.connections },
  { name: 'kept_instances', help: 'Idle instances kept for reuse.', read: (load) => load.keptInstances },
  { name: 'held_bytes', help: 'Bytes held on behalf of requests.', read: (load) => load.heldBytes },
  { name: 'kept_instances_bytes', help: 'Memory of the idle instances.', read: (load) => load.keptBytes },
];

/** Registers gauges that read the hosts' load each time the registry is read. `watched` may grow. */
export function readLoads(client: PromClient, register: prom.Registry, watched: readonly Watched[]): void {
  for (const gauge of GAUGES) register.registerMetric(createGauge(client, gauge, watched));
  register.registerMetric(createRefusals(client, watched));
}

function createGauge({ Gauge }: PromClient, { name, help, read }: LoadGauge, watched: readonly Watched[]): prom.Gauge {
  return new Gauge({
    name: `wasi_serve_${name}`,
    help,
    labelNames: ['component'],
    registers: [],
    collect() {
      this.reset();
      for (const { component, host } of watched) this.inc({ component }, read(host.load));
    },
  });
}

function createRefusals({ Counter }: PromClient, watched: readonly Watched[]): prom.Counter {
  return new Counter({
    name: 'wasi_serve_refusals_total',
    help: 'Requests, connections and slow clients that were refused or given up on, by reason.',
    labelNames: ['component', 'reason'],
    registers: [],
    collect() {
      this.reset();
      for (const { component, host } of watched) {
        for (const [reason, total] of host.load.refusals) this.inc({ component, reason }, total);
      }
    },
  });
}
