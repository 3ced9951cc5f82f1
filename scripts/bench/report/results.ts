import type { Contender } from '../servers/contenders.ts';
import type { LoadSample } from '../load/load.ts';

/** What was measured of one contender with one guest. Filled as the run goes on. */
export interface Row {
  readonly guest: string;
  readonly contender: Contender;
  /** With an empty cache folder. */
  readonly coldStartsMs: number[];
  /** With what an earlier start left there; empty where the contender keeps nothing. */
  readonly warmStartsMs: number[];
  readonly loads: readonly Load[];
  /** Of the whole process tree: after the first reply, and after all rounds. */
  idleBytes?: number;
  loadedBytes?: number;
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

/** One connection shows the latency of a request that has no neighbours, 32 what the server can do. */
export const CONNECTIONS = [1, 32] as const;

export function createRow(guest: string, contender: Contender): Row {
  const loads = CONNECTIONS.map((connections) => ({ connections, samples: [] }));
  return { guest, contender, coldStartsMs: [], warmStartsMs: [], loads };
}

/** All faults of all rounds, added up by kind: any makes the load's numbers worthless. */
export function sumFaults({ samples }: Load): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { faults } of samples)
    for (const [kind, count] of Object.entries(faults)) sums[kind] = (sums[kind] ?? 0) + count;
  return sums;
}

/** `12 not 2xx, 3 timeout`, or nothing. */
export function describeFaults(faults: Readonly<Record<string, number>>): string {
  return Object.entries(faults)
    .map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`))
    .join(', ');
}
