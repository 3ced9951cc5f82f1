import { type Contender, FLOOR, SERVERS_OF_GUESTS, firstOfEach, parseContender } from '../servers/contenders.ts';
import { type Guest, getter } from '../servers/guests.ts';
import { measureCpu } from '../../../src/compare/machine/cpu-spent.ts';
import { formatCount, formatMs } from '../report/format.ts';
import { type Bench, type TrialPlan, measureTrials, planTrialSeconds } from './attempt.ts';
import { type OutgoingRow, type OutgoingSample, describeFaults } from '../report/results.ts';
import { type Server, startServer } from '../servers/server.ts';

export const OUTGOING_CONNECTIONS = 16;

const REPLY = 'Hello from the upstream!\n';

export const PROXY: Guest = getter('proxy', REPLY, 1);

export function createOutgoingRows(contenders: readonly Contender[]): OutgoingRow[] {
  return firstOfEach(SERVERS_OF_GUESTS, contenders).map((contender) => ({ contender, samples: [] }));
}

/** The time that one row takes, roughly. */
export const planOutgoingSeconds = (bench: Bench, { contender }: OutgoingRow): number =>
  planTrialSeconds(bench, planOf(bench, contender, ''));

/** Measures requests through a guest that asks an upstream for each, a bare server on the load's core. Throws only when aborted. */
export async function measureOutgoing(bench: Bench, rows: readonly OutgoingRow[]): Promise<void> {
  const plan = { contender: parseContender(FLOOR), guest: PROXY, cacheFolder: '', place: 'load' } as const;
  await using upstream = await startServer(bench.site, plan);
  await measureTrials(bench, rows, ({ contender }) => planOf(bench, contender, `${upstream.url}/`));
}

function planOf(bench: Bench, contender: Contender, upstream: string): TrialPlan<OutgoingSample> {
  const guest = { ...PROXY, request: { method: 'GET', path: `/?url=${encodeURIComponent(upstream)}` } } as const;
  const take = async ({ url, child }: Server, seconds: number): Promise<OutgoingSample> => {
    const job = { url, request: guest.request, connections: OUTGOING_CONNECTIONS, seconds };
    const { result, cpu } = await measureCpu(child.pid ?? 0, () => bench.load.run(job));
    if (Object.keys(result.faults).length > 0) throw new Error(`invalid: ${describeFaults(result.faults)}`);
    const { perSecond, p50Ms, p99Ms } = result;
    return { perSecond, p50Ms, p99Ms, cpuUsPerRequest: (cpu.server * 1e6) / (perSecond * seconds) };
  };
  return {
    title: 'outgoing requests',
    guest,
    contender,
    seconds: bench.options.seconds,
    warmUpSeconds: bench.options.warmUpSeconds,
    warmUp: (server) => take(server, bench.options.warmUpSeconds),
    sample: (server) => take(server, bench.options.seconds),
    describe: ({ perSecond, p99Ms }) => `${formatCount(perSecond)}/s, p99 ${formatMs(p99Ms)}`,
  };
}
