import type { Contender } from '../servers/contenders.ts';
import type { LoadSample } from '../../../src/compare/load/load-job.ts';

/** A row as a report has it, which may be read from a file: of the contender no more than who it is. */
export type Reported<Of> = Omit<Of, 'contender'> & { readonly contender: Pick<Contender, 'id' | 'name'> };

/** What was measured of one contender with one guest. Filled as the run goes on. */
export interface Row {
  readonly guest: string;
  readonly contender: Contender;
  /** With an empty cache folder. */
  readonly coldStartsMs: number[];
  /** With what an earlier start left there; empty where the contender keeps nothing. */
  readonly warmStartsMs: number[];
  readonly loads: readonly Load[];
  /** Of the whole process tree: after the first reply, at most under the load of the rounds, and some seconds after all of it. */
  idleBytes?: number;
  peakBytes?: number;
  restedBytes?: number;
  /** Why it has no (more) samples. */
  failure?: string;
}

/** One sample a round. */
export interface Load {
  readonly connections: number;
  readonly samples: LoadSample[];
}

/** How long a contender took for many requests that each wait. */
export interface OverlapRow {
  readonly contender: Contender;
  readonly totalsMs: number[];
  failure?: string;
}

/** What a contender does with so many cores as it has. */
export interface WorkersRow {
  readonly contender: Contender;
  readonly cores: number;
  readonly samples: WorkersSample[];
  failure?: string;
}

/** All measured, none derived. CPU time is that of all the server's processes, or of the load generator. */
export interface WorkersSample {
  readonly perSecond: number;
  /** CPU seconds a second. */
  readonly serverCores: number;
  readonly loadCores: number;
  /** Of the server's CPU time, the part of its busiest process. */
  readonly busiestShare: number;
  readonly cpuUsPerRequest: number;
}

/** Bodies of one kind through one contender. */
export interface BodiesRow {
  readonly kind: string;
  readonly contender: Contender;
  readonly samples: BodiesSample[];
  failure?: string;
}

export interface BodiesSample {
  /** Of the body that the kind is named after, one way. */
  readonly mbPerSecond: number;
  /** Of all the server's processes. */
  readonly cpuMsPerMb: number;
}

/** Requests through a guest that asks an upstream for each. */
export interface OutgoingRow {
  readonly contender: Contender;
  readonly samples: OutgoingSample[];
  failure?: string;
}

export interface OutgoingSample {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuUsPerRequest: number;
}

/** One guest's first seconds with many connections, and its first after a lull. */
export interface BurstsRow {
  readonly guest: string;
  readonly contender: Contender;
  readonly connections: number;
  readonly samples: BurstsSample[];
  failure?: string;
}

export interface BurstsSample {
  readonly first: LoadSample;
  readonly next: LoadSample;
  readonly afterLull: LoadSample;
}

/** What many clients take that ask for nothing, or for what takes long. */
export interface DensityRow {
  readonly contender: Contender;
  readonly samples: DensitySample[];
  failure?: string;
}

/** Resident bytes, of the whole process tree. */
export interface DensitySample {
  /** How many requests and connections. */
  readonly waiting: number;
  readonly bytesPerIdleConnection: number;
  readonly bytesPerSuspendedRequest: number;
}

/** What a reset costs after one kind of request. */
export interface ResetRow {
  /** The guest and the path. */
  readonly request: string;
  readonly memoryBytes: number;
  /** Of 4 KiB, that the request wrote. */
  readonly pages: number;
  readonly medianUs: number;
  readonly p99Us: number;
}

/** What is measured of our host inside of its process. Filled as the run goes on. */
export interface Insides {
  readonly resets: ResetRow[];
  /** Sentences about requests that are suspended. */
  readonly density: string[];
}

/** Of several numbers of connections the one that tables show which have one only. */
export const headlineOf = (connections: readonly number[]): number =>
  connections[Math.floor(connections.length / 2)] ?? Number.NaN;

export function createRow(guest: string, contender: Contender, connections: readonly number[]): Row {
  const loads = connections.map((count) => ({ connections: count, samples: [] }));
  return { guest, contender, coldStartsMs: [], warmStartsMs: [], loads };
}

/** All faults of all rounds, added up by kind: any makes the load's numbers worthless. */
export function sumFaults({ samples }: Pick<Load, 'samples'>): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { faults } of samples)
    for (const [kind, count] of Object.entries(faults ?? {})) sums[kind] = (sums[kind] ?? 0) + count;
  return sums;
}

/** `12 not 2xx, 3 timeout`, or nothing. */
export function describeFaults(faults: Readonly<Record<string, number>>): string {
  return Object.entries(faults)
    .map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`))
    .join(', ');
}

/** Whether nothing went wrong in any round. */
export const isValid = (load: Pick<Load, 'samples'>): boolean => Object.keys(sumFaults(load)).length === 0;
