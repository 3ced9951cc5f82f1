import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest } from '../servers/guests.ts';
import type { LoadSample } from '../../../src/compare/load/load-job.ts';
import type { LoadJob } from '../load/load.ts';
import { formatCount, formatMs, formatBytes } from '../report/format.ts';
import { residentBytes } from '../../../src/compare/machine/resident-bytes.ts';
import type { Options } from '../options.ts';
import { type Bench, SETTLE_MS, type Step, attempt } from './attempt.ts';
import { type Row, describeFaults, headlineOf } from '../report/results.ts';
import { type Server, startServer } from '../servers/server.ts';
import type { Site } from '../../../src/compare/machine/site.ts';

/** A contender with one guest, while it is measured. */
export interface Entrant {
  readonly row: Row;
  readonly guest: Guest;
  /** What its last start left behind, so that the next one is warm. */
  cacheFolder: string;
  server?: Server;
}

/** No more starts of one entrant when they took this long together: some take half a minute. */
const STARTS_BUDGET_MS = 5000;

/** The time that `measureGuest` takes for one entrant, roughly. */
export function planSeconds({ starts, warmUpSeconds, rounds, seconds }: Options, guest: Guest): number {
  const startsSeconds = starts * (guest.startSeconds + KEEPING_MS / 1000);
  return startsSeconds + LOAD_START_SECONDS + warmUpSeconds + rounds * seconds;
}

const LOAD_START_SECONDS = 1;

/** Measures all entrants of one guest side by side: their starts, then their load in rounds. Throws only when aborted. */
export async function measureGuest(bench: Bench, entrants: readonly Entrant[]): Promise<void> {
  for (let start = 1; start <= bench.options.starts; start++) {
    for (const entrant of entrants) await step(bench, entrant, createStartStep(bench, entrant));
  }
  await using servers = new AsyncDisposableStack();
  for (const entrant of entrants) {
    await step(bench, entrant, createServeStep(bench, entrant));
    if (entrant.server !== undefined) servers.use(entrant.server);
  }
  for (let round = 1; round <= bench.options.rounds; round++) {
    for (const entrant of rotate(entrants, round - 1)) {
      await step(bench, entrant, createRoundStep(bench, entrant, round));
    }
  }
  await sleep(bench.options.restSeconds * 1000, undefined, { signal: bench.site.signal });
  for (const entrant of entrants) await step(bench, entrant, createLastStep(entrant));
}

/** On a row that has its subject. */
type Work = Omit<Step, 'subject'>;

function step(bench: Bench, { row, server }: Entrant, work: Work): Promise<void> {
  return attempt(bench, row, { subject: `${row.guest}, ${row.contender.name}`, ...work }, server);
}

function createStartStep({ site }: Bench, entrant: Entrant): Work {
  const { row, guest } = entrant;
  const { coldStartsMs, warmStartsMs, contender } = row;
  const work = async (): Promise<string> => {
    if (sum([...coldStartsMs, ...warmStartsMs]) > STARTS_BUDGET_MS) return 'enough';
    entrant.cacheFolder = site.createFolder('cache');
    const coldMs = await timeStart(site, entrant, contender.cache === 'kept' ? KEEPING_MS : 0);
    coldStartsMs.push(coldMs);
    if (contender.cache === 'none') return formatMs(coldMs);
    const warmMs = await timeStart(site, entrant, 0);
    warmStartsMs.push(warmMs);
    return `${formatMs(coldMs)}, and ${formatMs(warmMs)} with its cache`;
  };
  return { what: 'start', seconds: guest.startSeconds + KEEPING_MS / 1000, work };
}

/** How long a server has after its first reply to write what its next start can use. */
const KEEPING_MS = 2000;

async function timeStart(site: Site, { row, guest, cacheFolder }: Entrant, lingerMs: number): Promise<number> {
  await using server = await startServer(site, { contender: row.contender, guest, cacheFolder });
  await sleep(lingerMs, undefined, { signal: site.signal });
  return server.startMs;
}

/** Starts the server that gets the load, and warms it up. */
function createServeStep(bench: Bench, entrant: Entrant): Work {
  const { row, guest, cacheFolder } = entrant;
  const seconds = bench.options.warmUpSeconds;
  const work = async (): Promise<string> => {
    const server = await startServer(bench.site, { contender: row.contender, guest, cacheFolder });
    entrant.server = server;
    await sleep(SETTLE_MS, undefined, { signal: bench.site.signal });
    setBytes(row, 'idleBytes', server);
    const connections = headlineOf(bench.options.connections);
    const sample = await bench.load.run({ url: server.url, request: guest.request, connections, seconds });
    return `${formatBytes(row.idleBytes)} idle, ${describeSample(sample)}`;
  };
  return { what: 'warm-up', seconds: seconds + LOAD_START_SECONDS, work };
}

function createRoundStep(bench: Bench, entrant: Entrant, round: number): Work {
  const { row, guest } = entrant;
  const { options } = bench;
  const work = async (): Promise<string> => {
    const url = entrant.server?.url ?? '';
    const told: string[] = [];
    for (const { connections, samples } of row.loads) {
      const seconds = shareOf(connections, options);
      const sample = await runWeighed(bench, entrant, { url, request: guest.request, connections, seconds });
      samples.push(sample);
      told.push(`${describeSample(sample)} at ${connections}`);
    }
    return told.join('; ');
  };
  return { what: `round ${round} of ${options.rounds}`, seconds: options.seconds, work };
}

/** Load, and how much memory the server had at most meanwhile. */
async function runWeighed({ load }: Bench, { row, server }: Entrant, job: LoadJob): Promise<LoadSample> {
  const weigh = (): void => {
    const bytes = residentBytes(server?.child.pid ?? 0) ?? 0;
    if (bytes > 0) row.peakBytes = Math.max(row.peakBytes ?? 0, bytes);
  };
  const timer = setInterval(weigh, WEIGH_EVERY_MS);
  try {
    return await load.run(job);
  } finally {
    clearInterval(timer);
  }
}

/** All processes of the machine are read each time, on the load's core: some milliseconds. */
const WEIGH_EVERY_MS = 900;

/** A quarter of the time for one connection, whose numbers vary less; the others share the rest. Whole seconds, one at least. */
export function shareOf(connections: number, options: Pick<Options, 'connections' | 'seconds'>): number {
  const { connections: all, seconds } = options;
  const single = all.includes(1) && all.length > 1 ? Math.max(1, Math.floor(seconds / 4)) : 0;
  if (connections === 1 && single > 0) return single;
  return Math.max(1, Math.floor((seconds - single) / (all.length - (single > 0 ? 1 : 0))));
}

function describeSample({ perSecond, p99Ms, faults }: LoadSample): string {
  const invalid = describeFaults(faults);
  return `${formatCount(perSecond)}/s, p99 ${formatMs(p99Ms)}${invalid && ` INVALID: ${invalid}`}`;
}

/** What is left after all load. A server that ended under the last of it has failed too. */
function createLastStep({ row, server }: Entrant): Work {
  const work = (): Promise<string> => {
    setBytes(row, 'restedBytes', server);
    return Promise.resolve(formatBytes(row.restedBytes));
  };
  return { what: 'memory after all rounds', seconds: 0, work };
}

/** Throws where the server has ended. */
function setBytes(row: Row, name: 'idleBytes' | 'restedBytes', server: Server | undefined): void {
  if (server?.child.pid === undefined || server.child.end !== undefined) throw new Error('the server has ended');
  const bytes = residentBytes(server.child.pid);
  if (bytes !== undefined) row[name] = bytes;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** So that nobody always comes after the same neighbour. */
const rotate = <Item>(items: readonly Item[], by: number): Item[] => {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
};
