import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest } from '../servers/guests.ts';
import type { LoadGenerator, LoadSample } from '../load/load.ts';
import { formatCount, formatMs, formatBytes } from '../report/format.ts';
import { residentBytes } from '../machine/memory.ts';
import type { Options } from '../options.ts';
import { messageOf } from '../machine/processes.ts';
import type { Progress } from './progress.ts';
import { CONNECTIONS, type Load, type Row, describeFaults } from '../report/results.ts';
import { type Server, startServer } from '../servers/server.ts';
import type { Site } from '../machine/site.ts';

/** A run under way. */
export interface Bench {
  readonly site: Site;
  readonly load: LoadGenerator;
  readonly options: Options;
  readonly progress: Progress;
}

/** A contender with one guest, while it is measured. */
export interface Entrant {
  readonly row: Row;
  readonly guest: Guest;
  /** What its last start left behind, so that the next one is warm. */
  cacheFolder: string;
  server?: Server;
}

/** One piece of work on an entrant, its name and planned time. Returns what to tell of its result. */
interface Step {
  readonly what: string;
  readonly seconds: number;
  work(): Promise<string>;
}

/** No more starts of one entrant when they took this long together: some take half a minute. */
const STARTS_BUDGET_MS = 5000;

/** So that what a start leaves to be done later does not count as idle memory. */
export const SETTLE_MS = 500;

/** The time that `measureGuest` takes for one entrant, roughly. */
export function planSeconds({ starts, warmUpSeconds, rounds, seconds }: Options, guest: Guest): number {
  return starts * guest.startSeconds + LOAD_START_SECONDS + warmUpSeconds + rounds * seconds;
}

const LOAD_START_SECONDS = 1;

/** Measures all entrants of one guest side by side: their starts, then their load in rounds. Throws only when aborted. */
export async function measureGuest(bench: Bench, entrants: readonly Entrant[]): Promise<void> {
  for (let start = 1; start <= bench.options.starts; start++) {
    for (const entrant of entrants) await attempt(bench, entrant, createStartStep(bench, entrant));
  }
  await using servers = new AsyncDisposableStack();
  for (const entrant of entrants) {
    await attempt(bench, entrant, createServeStep(bench, entrant));
    if (entrant.server !== undefined) servers.use(entrant.server);
  }
  for (let round = 1; round <= bench.options.rounds; round++) {
    for (const entrant of rotate(entrants, round - 1)) {
      await attempt(bench, entrant, createRoundStep(bench, entrant, round));
    }
  }
  for (const entrant of entrants) await attempt(bench, entrant, createLastStep(entrant));
}

/** Does a step unless its entrant has failed before. A failure ends this entrant only. */
async function attempt(bench: Bench, entrant: Entrant, step: Step): Promise<void> {
  const { row } = entrant;
  const { progress, site } = bench;
  if (row.failure === undefined) {
    progress.begin(`${row.guest}, ${row.contender.name}, ${step.what}`);
    try {
      progress.end(await step.work());
    } catch (error) {
      const reason = (await endOf(entrant.server)) ?? messageOf(error);
      progress.end(site.signal.aborted ? 'interrupted' : `FAILED: ${reason}`);
      site.signal.throwIfAborted();
      row.failure = `${step.what}: ${reason}`;
    }
  }
  progress.spend(step.seconds);
}

/** How a server came to its end, if it did: the load generator sees that first. */
async function endOf(server: Server | undefined): Promise<string | undefined> {
  await Promise.race([server?.child.closed, sleep(SETTLE_MS)]);
  return server?.child.end && `the server ${server.child.end}`;
}

function createStartStep({ site }: Bench, entrant: Entrant): Step {
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
  return { what: 'start', seconds: guest.startSeconds, work };
}

/** How long a server has after its first reply to write what its next start can use. */
const KEEPING_MS = 2000;

async function timeStart(site: Site, { row, guest, cacheFolder }: Entrant, lingerMs: number): Promise<number> {
  await using server = await startServer(site, { contender: row.contender, guest, cacheFolder });
  await sleep(lingerMs, undefined, { signal: site.signal });
  return server.startMs;
}

/** Starts the server that gets the load, and warms it up. */
function createServeStep(bench: Bench, entrant: Entrant): Step {
  const { row, guest, cacheFolder } = entrant;
  const seconds = bench.options.warmUpSeconds;
  const work = async (): Promise<string> => {
    const server = await startServer(bench.site, { contender: row.contender, guest, cacheFolder });
    entrant.server = server;
    await sleep(SETTLE_MS, undefined, { signal: bench.site.signal });
    setBytes(row, 'idleBytes', server);
    const sample = await bench.load.run({ url: server.url, request: guest.request, connections: 32, seconds });
    return `${formatBytes(row.idleBytes)} idle, ${describeSample(sample)}`;
  };
  return { what: 'warm-up', seconds: seconds + LOAD_START_SECONDS, work };
}

function createRoundStep({ load, options }: Bench, entrant: Entrant, round: number): Step {
  const { row, guest } = entrant;
  const work = async (): Promise<string> => {
    const url = entrant.server?.url ?? '';
    const told: string[] = [];
    for (const { connections, samples } of row.loads) {
      const seconds = shareOf(connections, options.seconds);
      const sample = await load.run({ url, request: guest.request, connections, seconds });
      samples.push(sample);
      told.push(`${describeSample(sample)} at ${connections}`);
    }
    return told.join('; ');
  };
  return { what: `round ${round} of ${options.rounds}`, seconds: options.seconds, work };
}

/** A quarter of the time for one connection, whose numbers vary less. */
function shareOf(connections: Load['connections'], seconds: number): number {
  const single = Math.max(1, Math.floor(seconds / 4));
  return connections === CONNECTIONS[0] ? single : seconds - single;
}

function describeSample({ perSecond, p99Ms, faults }: LoadSample): string {
  const invalid = describeFaults(faults);
  return `${formatCount(perSecond)}/s, p99 ${formatMs(p99Ms)}${invalid && ` INVALID: ${invalid}`}`;
}

/** What is left after all load. A server that ended under the last of it has failed too. */
function createLastStep({ row, server }: Entrant): Step {
  const work = (): Promise<string> => {
    setBytes(row, 'loadedBytes', server);
    return Promise.resolve(formatBytes(row.loadedBytes));
  };
  return { what: 'memory after all rounds', seconds: 0, work };
}

/** Throws where the server has ended. */
function setBytes(row: Row, name: 'idleBytes' | 'loadedBytes', server: Server | undefined): void {
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
