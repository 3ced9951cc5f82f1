import type * as prom from 'prom-client';
import type { HostLoad } from './host-load.ts';

type PromClient = typeof prom;

/** A host with the name of its component. */
export interface Watched {
  readonly component: string;
  readonly host: { readonly load: HostLoad };
}

interface LoadGauge {
  /** After `wasi_serve_`. */
  readonly name: string;
  readonly help: string;
  readonly read: (load: HostLoad) => number;
}

const GAUGES: readonly LoadGauge[] = [
  {
    name: 'hosts_accepting',
    help: 'Hosts that take requests: one a process.',
    read: ({ isAccepting }) => +isAccepting,
  },
  { name: 'requests_in_flight', help: 'Requests whose guest is at work.', read: (load) => load.requestsInFlight },
  { name: 'requests_queued', help: 'Requests that wait for their turn.', read: (load) => load.requestsQueued },
  { name: 'connections', help: 'Open connections.', read: (load) => load.connections },
  { name: 'kept_instances', help: 'Instances that wait for a request.', read: (load) => load.keptInstances },
  { name: 'held_bytes', help: 'What requests have the host hold.', read: (load) => load.heldBytes },
  { name: 'kept_instances_bytes', help: 'Memories of these instances.', read: (load) => load.keptBytes },
];

/** Has what hosts hold read each time that the register is. `watched` may grow. */
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
    help: 'What was refused or given up: requests, connections, clients that take nothing; by why.',
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
