import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuestRequest } from '../servers/guests.ts';
import { type LoadSample, REPLY_TIMEOUT_SECONDS, toFaults } from '../../../src/compare/load/load-job.ts';
import type { LoadGenerator, LoadJob } from './load.ts';
import type { Command } from '../../../src/compare/machine/processes.ts';
import type { Site } from '../../../src/compare/machine/site.ts';

const WRK = 'wrk';

/** What the script's `done` prints. Latencies in microseconds. */
interface Summary {
  readonly replies: number;
  readonly us: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly faults: Readonly<Record<string, number>>;
}

export const isWrkInstalled = (): boolean => spawnSync(WRK, ['--version']).error === undefined;

/** wrk: one thread of C, an event loop over all connections. It does not notice a request that is never answered. */
export function createWrk({ processes, pinning, signal, createFolder }: Site): LoadGenerator {
  const script = join(createFolder('wrk'), 'request.lua');
  return {
    note: 'wrk, one thread (latencies with its correction for coordinated omission)',
    async run(job) {
      writeFileSync(script, emitScript(job.request));
      const output = await processes.run(pinning.pinLoad(toCommand(job, script)), signal);
      return parseSummary(output);
    },
  };
}

function toCommand({ url, request, connections, seconds }: LoadJob, script: string): Command {
  const timeout = ['--timeout', `${REPLY_TIMEOUT_SECONDS}s`];
  return {
    file: WRK,
    args: ['-t1', `-c${connections}`, `-d${seconds}s`, ...timeout, '-s', script, `${url}${request.path}`],
  };
}

/** JSON strings without escapes beyond \n and \" are Lua strings too; guests' bodies are plain text. */
function emitScript({ method, body }: GuestRequest): string {
  const setBody =
    body === undefined ? '' : `wrk.body = ${JSON.stringify(body)}\nwrk.headers["content-type"] = "text/plain"`;
  return `wrk.method = "${method}"
${setBody}
done = function(summary, latency)
  local e = summary.errors
  print(string.format(
    '\\n{"replies":%d,"us":%d,"p50":%d,"p99":%d,"p999":%d,"faults":{"not 2xx":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    e.status, e.connect, e.read, e.write, e.timeout))
end
`;
}

/** The sample in what wrk printed, behind its own report. Throws if there is none. */
export function parseSummary(output: string): LoadSample {
  const line = output.split('\n').findLast((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`wrk printed no result: ${output}`);
  const { replies, us, p50, p99, p999, faults } = JSON.parse(line) as Summary;
  return {
    perSecond: (replies * 1e6) / us,
    p50Ms: p50 / 1000,
    p99Ms: p99 / 1000,
    p999Ms: p999 / 1000,
    faults: toFaults(replies, faults),
  };
}
