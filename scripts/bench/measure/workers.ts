import { setTimeout as sleep } from 'node:timers/promises';
import { type Contender, type ContenderId, onCores } from '../servers/contenders.ts';
import { cpuSecondsOfEnded, cpuSecondsOfTree } from '../machine/cpu-time.ts';
import { formatCount, formatRatio } from '../report/format.ts';
import type { Guest } from '../servers/guests.ts';
import { type Bench, SETTLE_MS } from './measure.ts';
import { messageOf } from '../machine/processes.ts';
import { type WorkersRow, type WorkersSample, describeFaults } from '../report/results.ts';
import { type Server, startServer } from '../servers/server.ts';

/** Enough that each of the workers always has some to answer. */
export const WORKERS_CONNECTIONS = 32;

/** Those of whom it is measured what a second core is worth. */
const SCALING: readonly ContenderId[] = ['wasi-serve', 'wasmtime'];
const CORES = [1, 2] as const;

/** Rows for those of `contenders` that can use several cores: each with one core, and with two. */
export function createWorkersRows(contenders: readonly Contender[]): WorkersRow[] {
  const ids = SCALING.filter((id) => contenders.some((contender) => contender.id === id));
  return ids.flatMap((id) => CORES.map((cores) => ({ contender: onCores(id, cores), cores, samples: [] })));
}

/** The time that one row takes, roughly. */
export function planWorkersSeconds({ options }: Bench, guest: Guest): number {
  return guest.startSeconds + options.warmUpSeconds + options.rounds * options.seconds;
}

/** Measures throughput and where CPU time goes, each row in turn in rounds. Throws only when aborted. */
export async function measureWorkers(bench: Bench, rows: readonly WorkersRow[], guest: Guest): Promise<void> {
  const { options, progress } = bench;
  await using servers = new AsyncDisposableStack();
  const byRow = new Map<WorkersRow, Server>();
  for (const row of rows) {
    await attempt(bench, row, 'warm-up', async () => {
      const folder = bench.site.createFolder('cache');
      const server = servers.use(
        await startServer(bench.site, { contender: row.contender, guest, cacheFolder: folder }),
      );
      byRow.set(row, server);
      return describeSample(await takeSample(bench, server, guest, options.warmUpSeconds));
    });
    progress.spend(guest.startSeconds + options.warmUpSeconds);
  }
  for (let round = 1; round <= options.rounds; round++) {
    for (const [row, server] of byRow) {
      await attempt(bench, row, `round ${round} of ${options.rounds}`, async () => {
        const sample = await takeSample(bench, server, guest, options.seconds);
        row.samples.push(sample);
        return describeSample(sample);
      });
      progress.spend(options.seconds);
    }
  }
}

/** Does some work on a row unless it has failed before. A failure ends this row only. */
async function attempt(bench: Bench, row: WorkersRow, what: string, work: () => Promise<string>): Promise<void> {
  if (row.failure !== undefined) return;
  const { progress, site } = bench;
  progress.begin(`workers, ${row.contender.name}, cores: ${row.cores}, ${what}`);
  try {
    progress.end(await work());
  } catch (error) {
    progress.end(site.signal.aborted ? 'interrupted' : `FAILED: ${messageOf(error)}`);
    site.signal.throwIfAborted();
    row.failure = `${what}: ${messageOf(error)}`;
  }
}

async function takeSample(
  { load, site }: Bench,
  { url, child }: Server,
  { request }: Guest,
  seconds: number,
): Promise<WorkersSample> {
  await sleep(SETTLE_MS, undefined, { signal: site.signal });
  const before = readCpu(child.pid);
  const startedAt = performance.now();
  const { perSecond, faults } = await load.run({ url, request, connections: WORKERS_CONNECTIONS, seconds });
  const wallSeconds = (performance.now() - startedAt) / 1000;
  if (Object.keys(faults).length > 0) throw new Error(`invalid: ${describeFaults(faults)}`);
  const after = readCpu(child.pid);
  const spent = Array.from(after.server, ([pid, total]) => total - (before.server.get(pid) ?? 0));
  const serverSeconds = spent.reduce((total, one) => total + one, 0);
  return {
    perSecond,
    serverCores: serverSeconds / wallSeconds,
    loadCores: (after.load - before.load) / wallSeconds,
    busiestShare: Math.max(...spent) / serverSeconds,
    cpuUsPerRequest: (serverSeconds * 1e6) / (perSecond * seconds),
  };
}

/** CPU seconds so far of each of the server's processes, and of all load generators. */
function readCpu(serverPid = 0): { readonly server: ReadonlyMap<number, number>; readonly load: number } {
  const server = cpuSecondsOfTree(serverPid);
  if (server === undefined) throw new Error('there is no /proc to read CPU times from');
  return { server, load: cpuSecondsOfEnded() };
}

const describeSample = ({ perSecond, serverCores, loadCores }: WorkersSample): string =>
  `${formatCount(perSecond)}/s, ${formatRatio(serverCores)} cores at work, and ${formatRatio(loadCores)} of the load`;
