// One run of autocannon: a LoadJob as JSON in argv, a LoadSample as JSON on stdout.
import autocannon from 'autocannon';
import { type LoadSample, REPLY_TIMEOUT_SECONDS, toFaults } from '../../../src/compare/load/load-job.ts';
import type { LoadJob } from './load.ts';
import { percentile } from '../../../src/compare/numbers.ts';

const job = JSON.parse(process.argv[2] ?? '') as LoadJob;
process.stdout.write(JSON.stringify(await run(job)));

/** Latencies are collected here, because autocannon's own histogram knows whole milliseconds only. */
async function run({ url, request, connections, seconds }: LoadJob): Promise<LoadSample> {
  const latenciesMs: number[] = [];
  const running = autocannon({
    url: `${url}${request.path}`,
    method: request.method,
    ...(request.body !== undefined && { body: request.body, headers: { 'content-type': 'text/plain' } }),
    connections,
    duration: seconds,
    timeout: REPLY_TIMEOUT_SECONDS,
  });
  running.on('response', (_client, _status, _byteLength, latencyMs) => latenciesMs.push(latencyMs));
  const { non2xx, errors, timeouts, duration, requests } = await running;
  // A connection that breaks inside a reply is reopened silently; at the end one request is under way on each.
  const lost = Math.max(0, requests.sent - latenciesMs.length - connections);
  latenciesMs.sort((a, b) => a - b);
  return {
    perSecond: latenciesMs.length / duration,
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
    p999Ms: percentile(latenciesMs, 99.9),
    faults: toFaults(latenciesMs.length, {
      'not 2xx': non2xx,
      'never answered': lost,
      broken: errors - timeouts,
      timeout: timeouts,
    }),
  };
}
