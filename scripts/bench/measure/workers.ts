import { setTimeout as sleep } from 'node:timers/promises';
import { type Contender, SERVERS_OF_GUESTS, firstOfEach, onCores } from '../servers/contenders.ts';
import { measureCpu } from '../../../src/compare/machine/cpu-spent.ts';
import { formatCount, formatRatio } from '../report/format.ts';
import { HELLO } from '../servers/guests.ts';
import { type Bench, SETTLE_MS, type TrialPlan, measureTrials, planTrialSeconds } from './attempt.ts';
import { type WorkersRow, type WorkersSample, describeFaults } from '../report/results.ts';
import type { Server } from '../servers/server.ts';

/** Enough that each of the workers always has some to answer. */
export const WORKERS_CONNECTIONS = 32;

const CORES = [1, 2] as const;

/** Rows for those of `contenders` that can use several cores: each with one core, and with two. */
export function createWorkersRows(contenders: readonly Contender[]): WorkersRow[] {
  return firstOfEach(SERVERS_OF_GUESTS, contenders).flatMap((contender) =>
    CORES.map((cores) => ({ contender: onCores(contender, cores), cores, samples: [] })),
  );
}

/** The time that one row takes, roughly. */
export function planWorkersSeconds(bench: Bench, row: WorkersRow): number {
  return planTrialSeconds(bench, planOf(bench, row));
}

/** Measures throughput and where CPU time goes, each row in turn in rounds. Throws only when aborted. */
export async function measureWorkers(bench: Bench, rows: readonly WorkersRow[]): Promise<void> {
  await measureTrials(bench, rows, (row) => planOf(bench, row));
}

function planOf(bench: Bench, { contender }: Pick<WorkersRow, 'contender'>): TrialPlan<WorkersSample> {
  const { seconds, warmUpSeconds } = bench.options;
  return {
    title: `workers, cores: ${contender.cores}`,
    guest: HELLO,
    contender,
    seconds,
    warmUpSeconds,
    warmUp: (server) => takeSample(bench, server, warmUpSeconds),
    sample: (server) => takeSample(bench, server, seconds),
    describe: ({ perSecond, serverCores, loadCores }) =>
      `${formatCount(perSecond)}/s, ${formatRatio(serverCores)} cores at work, and ${formatRatio(loadCores)} of the load`,
  };
}

async function takeSample({ load, site }: Bench, { url, child }: Server, seconds: number): Promise<WorkersSample> {
  await sleep(SETTLE_MS, undefined, { signal: site.signal });
  const job = { url, request: HELLO.request, connections: WORKERS_CONNECTIONS, seconds };
  const { result, cpu } = await measureCpu(child.pid ?? 0, () => load.run(job));
  if (Object.keys(result.faults).length > 0) throw new Error(`invalid: ${describeFaults(result.faults)}`);
  return {
    perSecond: result.perSecond,
    serverCores: cpu.server / cpu.wallSeconds,
    loadCores: cpu.load / cpu.wallSeconds,
    busiestShare: cpu.busiest / cpu.server,
    cpuUsPerRequest: (cpu.server * 1e6) / (result.perSecond * seconds),
  };
}
