import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Contender, SERVERS_OF_GUESTS, firstOfEach } from '../servers/contenders.ts';
import { type Guest, SLEEP } from '../servers/guests.ts';
import { formatCount } from '../report/format.ts';
import { residentBytes } from '../../../src/compare/machine/resident-bytes.ts';
import { type Bench, SETTLE_MS, attempt } from './attempt.ts';
import type { Child } from '../../../src/compare/machine/processes.ts';
import type { DensityRow } from '../report/results.ts';
import { startServer } from '../servers/server.ts';
import type { Site } from '../../../src/compare/machine/site.ts';

/** Replies immediately to the load that warms the server up. */
const AWAKE: Guest = { ...SLEEP, reply: 'slept 0\n', request: { method: 'GET', path: '/?ms=0' } };

/** For each request, so that the first still waits when the last has come, on a busy machine too. */
const WAIT_MS = 10;
const MIN_WAIT_MS = 10_000;

export function createDensityRows(contenders: readonly Contender[]): DensityRow[] {
  return firstOfEach(SERVERS_OF_GUESTS, contenders).map((contender) => ({ contender, samples: [] }));
}

/** The time that one row takes, roughly. */
export const planDensitySeconds = ({ options }: Bench): number =>
  20 + 2 * options.warmUpSeconds + toWaitMs(options.waiting) / 1000;

const toWaitMs = (waiting: number): number => Math.max(MIN_WAIT_MS, waiting * WAIT_MS);

/** Weighs a server with many idle connections, and one with as many requests that wait in their guests. Throws only when aborted. */
export async function measureDensity(bench: Bench, row: DensityRow): Promise<void> {
  const { waiting } = bench.options;
  const work = async (): Promise<string> => {
    const bytesPerIdleConnection = (await hold(bench, row.contender, 'idle')) / waiting;
    const bytesPerSuspendedRequest = (await hold(bench, row.contender, 'suspended')) / waiting;
    row.samples.push({ waiting, bytesPerIdleConnection, bytesPerSuspendedRequest });
    const [idle, suspended] = [bytesPerIdleConnection, bytesPerSuspendedRequest].map((bytes) =>
      formatCount(bytes / 1024),
    );
    return `${idle} KiB a connection, ${suspended} KiB a request`;
  };
  const what = `${waiting} idle connections and requests that wait`;
  await attempt(bench, row, {
    subject: `density, ${row.contender.name}`,
    what,
    seconds: planDensitySeconds(bench),
    work,
  });
}

/** How many more bytes a server that is warm and has done nothing else holds with them than without. Throws if one is refused. */
async function hold(bench: Bench, contender: Contender, kind: 'idle' | 'suspended'): Promise<number> {
  const { site, load, options } = bench;
  const cacheFolder = site.createFolder('cache');
  const roomy = withRoom(contender, options.waiting);
  await using server = await startServer(site, { contender: roomy, guest: AWAKE, cacheFolder });
  await load.run({ url: server.url, request: AWAKE.request, connections: 16, seconds: options.warmUpSeconds });
  await sleep(SETTLE_MS, undefined, { signal: site.signal });
  const weigh = (): number => residentBytes(server.child.pid ?? 0) ?? Number.NaN;
  const before = weigh();
  const waitMs = kind === 'idle' ? 0 : toWaitMs(options.waiting);
  const script = fileURLToPath(import.meta.resolve('../load/holding-client.ts'));
  const args = [script, new URL(server.url).port, `/?ms=${waitMs}`, `${options.waiting}`, kind];
  const startedAt = performance.now();
  await using client = site.processes.start(site.pinning.pinLoad({ file: process.execPath, args }));
  await waitForLine(site, client, /^held$/m);
  const bytes = (await weighSettled(site, weigh)) - before;
  if (kind === 'suspended' && performance.now() - startedAt > waitMs) {
    throw new Error('the first were answered before the last had come: have fewer wait (--waiting)');
  }
  const [, answered] = await waitForLine(site, client, /^answered (\d+)$/m);
  if (Number(answered) === options.waiting) return bytes;
  throw new Error(
    `only ${answered} of ${options.waiting} were answered (${kind}); how many files may be open (ulimit -n) is a bound too`,
  );
}

/** When the server has done what it was sent: its memory has stopped to grow. */
async function weighSettled(site: Site, weigh: () => number): Promise<number> {
  for (let before = weigh(); ;) {
    await sleep(SETTLE_MS, undefined, { signal: site.signal });
    const now = weigh();
    if (Math.abs(now - before) <= before * SETTLED_PART) return now;
    before = now;
  }
}

const SETTLED_PART = 0.002;

/** Bounds that hold so many, for those that have some: instances of wasmtime's pool, requests and time of ours. */
function withRoom(contender: Contender, waiting: number): Contender {
  const room = waiting + 100;
  if (contender.id !== 'wasmtime') {
    return contender.and('--max-concurrent-requests', `${room}`, '--max-connections', `${room}`, ...TIMES);
  }
  const pools = ['core-instances', 'component-instances', 'memories', 'tables', 'stacks'];
  return contender.and(...pools.flatMap((pool) => ['-O', `pooling-total-${pool}=${room * INSTANCES_EACH}`]));
}

/** Longer than all of it takes. */
const TIMES = ['-W', 'timeout=600s', '--keep-alive-timeout', '600s'];

/** Core instances of one component, at most, for `sleep`. */
const INSTANCES_EACH = 4;

async function waitForLine(site: Site, child: Child, line: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const found = line.exec(child.stdout);
    if (found !== null) return found;
    if (child.end !== undefined) throw new Error(`the client ${child.end}`);
    await sleep(50, undefined, { signal: site.signal });
  }
}
