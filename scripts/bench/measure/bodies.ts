import { fileURLToPath } from 'node:url';
import { type Contender, FLOOR, SERVERS_OF_GUESTS, firstOfEach } from '../servers/contenders.ts';
import type { BodyJob, BodyResult } from '../load/body-job.ts';
import { ECHO, type Guest, getter } from '../servers/guests.ts';
import { measureCpu } from '../../../src/compare/machine/cpu-spent.ts';
import { formatRatio } from '../report/format.ts';
import { type Bench, type TrialPlan, measureTrials, planTrialSeconds } from './attempt.ts';
import type { BodiesRow, BodiesSample } from '../report/results.ts';
import type { Server } from '../servers/server.ts';

/** Bodies of one kind. */
interface Kind {
  readonly name: string;
  readonly guest: Guest;
  readonly job: Omit<BodyJob, 'url' | 'seconds'>;
}

const MIB = 1024 * 1024;
const FLOOD_BYTES = 100 * MIB;
const FLOOD: Guest = getter('flood', undefined, 1);

/** In the order of the report. `echo` sends each chunk back as it comes, so an upload is a download too. */
const KINDS: readonly Kind[] = [
  echo('1 MiB echo', { connections: 4, sentBytes: MIB, chunkBytes: undefined }),
  echo('100 MiB upload, echoed', { connections: 1, sentBytes: 100 * MIB, chunkBytes: undefined }),
  echo('10,000 chunks of 1 KiB, echoed', { connections: 1, sentBytes: 10_000 * 1024, chunkBytes: 1024 }),
  {
    name: '100 MiB download',
    guest: FLOOD,
    job: {
      path: `/?bytes=${FLOOD_BYTES}`,
      sentBytes: 0,
      receivedBytes: FLOOD_BYTES,
      chunkBytes: undefined,
      connections: 1,
    },
  },
];

/** What `KINDS` needs. */
export const BODY_GUESTS: readonly Guest[] = [ECHO, FLOOD];

function echo(name: string, job: Pick<BodyJob, 'connections' | 'sentBytes' | 'chunkBytes'>): Kind {
  return { name, guest: ECHO, job: { path: '/', receivedBytes: job.sentBytes, ...job } };
}

/** Those of `guests` only. The floor can echo, and no more. */
export function createBodiesRows(guests: readonly Guest[], contenders: readonly Contender[]): BodiesRow[] {
  return KINDS.filter(({ guest }) => guests.some(({ name }) => name === guest.name)).flatMap(({ name, guest }) =>
    firstOfEach(guest === ECHO ? [FLOOR, ...SERVERS_OF_GUESTS] : SERVERS_OF_GUESTS, contenders).map((contender) => ({
      kind: name,
      contender,
      samples: [],
    })),
  );
}

/** The time that one row takes, roughly. */
export const planBodiesSeconds = (bench: Bench, row: BodiesRow): number => planTrialSeconds(bench, planOf(bench, row));

/** Until V8 has compiled what is hot, and is told to collect less (`collectLess`). */
const WARM_UP_SECONDS = 4;

/** Measures how fast bodies go through, kind by kind, by a client of Node on the load's core: the floor says what it can do. Throws only when aborted. */
export async function measureBodies(bench: Bench, rows: readonly BodiesRow[]): Promise<void> {
  for (const group of Map.groupBy(rows, ({ kind }) => kind).values()) {
    await measureTrials(bench, group, (row) => planOf(bench, row));
  }
}

function planOf(bench: Bench, { kind, contender }: BodiesRow): TrialPlan<BodiesSample> {
  const { name, guest, job } = KINDS.find((known) => known.name === kind) as Kind;
  const seconds = Math.max(2, Math.round(bench.options.seconds / 4));
  const take = (server: Server, forSeconds: number) =>
    takeSample(bench, server, { ...job, url: server.url, seconds: forSeconds });
  return {
    title: name,
    guest,
    contender,
    seconds,
    warmUpSeconds: WARM_UP_SECONDS,
    warmUp: (server) => take(server, WARM_UP_SECONDS),
    sample: (server) => take(server, seconds),
    describe: ({ mbPerSecond, cpuMsPerMb }) =>
      `${formatRatio(mbPerSecond)} MB/s, ${formatRatio(cpuMsPerMb)} ms of CPU time a MB`,
  };
}

async function takeSample({ site }: Bench, { child }: Server, job: BodyJob): Promise<BodiesSample> {
  const script = fileURLToPath(import.meta.resolve('../load/body-client.ts'));
  const command = site.pinning.pinLoad({ file: process.execPath, args: [script, JSON.stringify(job)] });
  const { result, cpu } = await measureCpu(child.pid ?? 0, () => site.processes.run(command, site.signal));
  const { requests, seconds } = JSON.parse(result) as BodyResult;
  const megabytes = (requests * Math.max(job.sentBytes, job.receivedBytes)) / 1e6;
  return { mbPerSecond: megabytes / seconds, cpuMsPerMb: (cpu.server * 1000) / megabytes };
}
