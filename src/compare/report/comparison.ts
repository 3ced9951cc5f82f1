import type { ProbeResult } from '../differences/difference.ts';
import type { LoadSample } from '../load/load-job.ts';
import type { Machine } from '../machine/machine.ts';
import { type Spread, isWithinNoise, toSpread } from '../numbers.ts';

/** All that `compare` has found. This is the shape of `--json`: fields may be added, never removed. */
export interface Comparison {
  readonly version: 1;
  /** ISO 8601. */
  readonly date: string;
  readonly file: string;
  readonly machine: Machine;
  readonly ours: ServerFacts;
  readonly theirs: ServerFacts;
  /** How it was measured, and what makes it unfair, if anything does. */
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
  readonly ignoredFields: readonly string[];
  /** One for each request, in order. */
  readonly probes: readonly ProbeResult[];
  /** Empty without load. */
  readonly measures: readonly Measure[];
}

/** A server, and what was measured of it. */
export interface ServerFacts {
  readonly name: string;
  /** What started it, or its URL. */
  readonly command: string;
  readonly rounds: readonly Round[];
  readonly startsMs: readonly number[];
  /** Resident bytes of all its processes, after the first reply and at most under load; `null` where they cannot be read. */
  readonly idleBytes: number | null;
  readonly peakBytes: number | null;
}

/** One server's load in one round. */
export interface Round extends LoadSample {
  /** CPU time of the server for each reply; `null` where it cannot be read. */
  readonly cpuUsPerRequest: number | null;
  /** The part of a core that the load generator took. */
  readonly generatorBusy: number;
}

/** A number of both servers. */
export interface Measure {
  readonly name: string;
  readonly unit: 'a second' | 'ms' | 'us' | 'bytes';
  readonly better: 'more' | 'less';
  readonly ours: Spread;
  readonly theirs: Spread;
  /** How many times better ours is: by the medians. */
  readonly timesBetter: number;
  readonly isWithinNoise: boolean;
}

/** The name of the measure that `--min-ratio` is about. */
export const REPLIES = 'replies a second';

/** Every number that both servers have. */
export function toMeasures(ours: ServerFacts, theirs: ServerFacts): Measure[] {
  return KINDS.flatMap(({ name, unit, better, read }) => {
    const [one, other] = [read(ours), read(theirs)];
    if (one.length === 0 || other.length === 0) return [];
    const spreads = { ours: toSpread(one), theirs: toSpread(other) };
    const ratio = spreads.ours.median / spreads.theirs.median;
    const timesBetter = better === 'more' ? ratio : 1 / ratio;
    // Memory is weighed once: it does not jump from round to round.
    const isNoise = unit === 'bytes' ? Math.abs(ratio - 1) < 0.05 : isWithinNoise(one, other);
    return [{ name, unit, better, ...spreads, timesBetter, isWithinNoise: isNoise }];
  });
}

/** How many differences nobody has meant. */
export function countDifferences({ probes }: Pick<Comparison, 'probes'>): number {
  return probes.filter(({ differences }) => differences.some(({ known }) => known === undefined)).length;
}

interface Kind extends Pick<Measure, 'name' | 'unit' | 'better'> {
  read(facts: ServerFacts): readonly number[];
}

const KINDS: readonly Kind[] = [
  { name: REPLIES, unit: 'a second', better: 'more', read: ofRounds(({ perSecond }) => perSecond) },
  { name: 'time of a reply, median', unit: 'ms', better: 'less', read: ofRounds(({ p50Ms }) => p50Ms) },
  { name: 'time of a reply, p99', unit: 'ms', better: 'less', read: ofRounds(({ p99Ms }) => p99Ms) },
  {
    name: 'CPU time a reply',
    unit: 'us',
    better: 'less',
    read: ofRounds((round) => round.cpuUsPerRequest ?? Number.NaN),
  },
  { name: 'start to first reply', unit: 'ms', better: 'less', read: ({ startsMs }) => startsMs },
  {
    name: 'memory, idle',
    unit: 'bytes',
    better: 'less',
    read: ({ idleBytes }) => (idleBytes === null ? [] : [idleBytes]),
  },
  {
    name: 'memory, most under load',
    unit: 'bytes',
    better: 'less',
    read: ({ peakBytes }) => (peakBytes === null ? [] : [peakBytes]),
  },
];

function ofRounds(read: (round: Round) => number): Kind['read'] {
  return ({ rounds }) => rounds.map(read).filter((value) => Number.isFinite(value));
}
