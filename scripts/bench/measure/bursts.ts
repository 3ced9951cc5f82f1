import { setTimeout as sleep } from 'node:timers/promises';
import { type Contender, SERVERS_OF_GUESTS, firstOfEach } from '../servers/contenders.ts';
import type { Guest } from '../servers/guests.ts';
import { formatMs } from '../report/format.ts';
import { type Bench, attempt } from './attempt.ts';
import type { BurstsRow, BurstsSample } from '../report/results.ts';
import { startServer } from '../servers/server.ts';

/** Of connections, each for a server that has just started. */
const CROWDS = [64, 256] as const;

/** Whose guests take part: one that is small, one that is not, and one whose instances are large. */
const GUESTS: readonly string[] = ['hello', 'hello-axum', 'js-fetch-event'];

/** Seconds of each load, and of the lull before the last. */
const [FIRST, LULL, LAST] = [5, 20, 2] as const;

export function createBurstsRows(guests: readonly Guest[], contenders: readonly Contender[]): BurstsRow[] {
  return guests
    .filter(({ name }) => GUESTS.includes(name))
    .flatMap(({ name }) =>
      CROWDS.flatMap((connections) =>
        firstOfEach(SERVERS_OF_GUESTS, contenders).map((contender) => ({
          guest: name,
          contender,
          connections,
          samples: [],
        })),
      ),
    );
}

/** The time that one row takes, roughly. */
export const planBurstsSeconds = ({ options }: Bench, guest: Guest): number =>
  options.rounds * (guest.startSeconds + 2 * FIRST + LULL + LAST);

/** Measures what clients see who come all together: in the first seconds of a server, in the next, and after a lull. Throws only when aborted. */
export async function measureBursts(bench: Bench, rows: readonly BurstsRow[], guests: readonly Guest[]): Promise<void> {
  for (let round = 1; round <= bench.options.rounds; round++) {
    for (const row of rows) {
      const guest = guests.find(({ name }) => name === row.guest);
      if (guest === undefined) continue;
      const work = async (): Promise<string> => {
        const sample = await takeSample(bench, row, guest);
        row.samples.push(sample);
        return [sample.first, sample.next, sample.afterLull].map(({ p99Ms }) => formatMs(p99Ms)).join(', ');
      };
      const subject = `p99 at ${row.connections}, ${row.guest}, ${row.contender.name}`;
      const what = `round ${round} of ${bench.options.rounds}`;
      const seconds = planBurstsSeconds(bench, guest) / bench.options.rounds;
      await attempt(bench, row, { subject, what, seconds, work });
    }
  }
}

/** Of a server of its own, which has answered one request and no more. */
async function takeSample({ site, load }: Bench, row: BurstsRow, guest: Guest): Promise<BurstsSample> {
  const { contender, connections } = row;
  const cacheFolder = site.createFolder('cache');
  await using server = await startServer(site, { contender, guest, cacheFolder });
  const run = (seconds: number) => load.run({ url: server.url, request: guest.request, connections, seconds });
  const first = await run(FIRST);
  const next = await run(FIRST);
  await sleep(LULL * 1000, undefined, { signal: site.signal });
  return { first, next, afterLull: await run(LAST) };
}
