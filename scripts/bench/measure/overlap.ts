import { Agent } from 'node:http';
import { type Reply, ask } from '../servers/client.ts';
import { formatMs } from '../report/format.ts';
import { SLEEP } from '../servers/guests.ts';
import { type Bench, attempt } from './attempt.ts';
import { messageOf } from '../../../src/compare/machine/processes.ts';
import type { OverlapRow } from '../report/results.ts';
import { type Server, startServer } from '../servers/server.ts';

/** As many at once, each with a connection of its own. */
export const OVERLAP_REQUESTS = 200;

/** Requests that overlap take hardly more than one, which is half a second. */
export const OVERLAP_LIMIT_MS = 2000;

/** For the time shown: the server's start, and as many tries as it is started for others. */
export const OVERLAP_SECONDS = 4;

/** Measures how long 200 requests take that each wait 500 ms, all sent at once. Throws only when aborted. */
export async function measureOverlap(bench: Bench, row: OverlapRow): Promise<void> {
  const { site, options } = bench;
  const work = async (): Promise<string> => {
    const cacheFolder = site.createFolder('cache');
    await using server = await startServer(site, { contender: row.contender, guest: SLEEP, cacheFolder });
    for (let n = 0; n < options.starts; n++) row.totalsMs.push(await timeAll(server, site.signal));
    return row.totalsMs.map(formatMs).join(', ');
  };
  const what = `${OVERLAP_REQUESTS} requests that wait`;
  await attempt(bench, row, { subject: `overlap, ${row.contender.name}`, what, seconds: OVERLAP_SECONDS, work });
}

/** From the first request to the end of the last reply. Throws where one is not right. */
async function timeAll({ url }: Server, stop: AbortSignal): Promise<number> {
  const agent = new Agent();
  const signal = AbortSignal.any([stop, AbortSignal.timeout(30_000)]);
  const startedAt = performance.now();
  const asked = Array.from({ length: OVERLAP_REQUESTS }, () => ask(url, SLEEP.request, { agent, signal }));
  const replies = await Promise.allSettled(asked);
  const totalMs = performance.now() - startedAt;
  const wrong = replies.map(describeWrong).filter((what) => what !== undefined);
  if (wrong.length > 0)
    throw new Error(`${wrong.length} of ${OVERLAP_REQUESTS} replies were wrong, the first: ${wrong[0]}`);
  return totalMs;
}

/** What is wrong with a reply, or undefined. */
function describeWrong(one: PromiseSettledResult<Reply>): string | undefined {
  if (one.status === 'rejected') return messageOf(one.reason);
  const { status, body } = one.value;
  return status === 200 && body === SLEEP.reply ? undefined : `${status} ${JSON.stringify(body.slice(0, 100))}`;
}
