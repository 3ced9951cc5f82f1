import { measureCpu } from '../machine/cpu-spent.ts';
import { cpuSecondsOfTree } from '../machine/cpu-seconds-of-tree.ts';
import { residentBytes } from '../machine/resident-bytes.ts';
import type { Command } from '../machine/processes.ts';
import type { Site } from '../machine/site.ts';
import type { Probe } from '../requests/probe.ts';
import type { Round } from '../report/comparison.ts';
import { type Endpoint, exchange } from '../wire/exchange.ts';
import type { LoadJob, LoadRequest, OwnSample } from './load-job.ts';

/** A server under load, and what has been measured of it. */
export interface Loaded {
  readonly endpoint: Endpoint;
  /** Of its first process; undefined if somebody else started it. */
  readonly pid: number | undefined;
  readonly requests: readonly LoadRequest[];
  readonly rounds: Round[];
  peakBytes: number | null;
}

/** How much load, and by what. */
export interface LoadPlan {
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly warmUpSeconds: number;
  /** Starts a load generator; the job follows. */
  readonly generator: Command;
}

const RAMP_SECONDS = 0.5;
const WEIGH_EVERY_MS = 500;

/** What the load sends, with the status that this server replies with now: any other later is wrong. */
export async function toLoadRequests(
  endpoint: Endpoint,
  probes: readonly Probe[],
  replyMs: number,
): Promise<LoadRequest[]> {
  const requests: LoadRequest[] = [];
  for (const probe of probes) {
    const { replies } = await exchange(endpoint, probe, { replyMs, settleMs: 0 });
    const text = Buffer.concat(probe.parts).toString('latin1');
    // What has no reply now would only wait.
    if (replies[0]?.isWhole === true) requests.push({ method: probe.method, text, status: replies[0].status });
  }
  return requests;
}

/** Load on each server in turn, in rounds. `tell` is told of each. Throws if a server or the generator fails. */
export async function measureLoad(
  site: Site,
  plan: LoadPlan,
  servers: readonly Loaded[],
  tell: (what: string) => void,
): Promise<void> {
  for (const server of servers) {
    if (plan.warmUpSeconds === 0) continue;
    tell(`warm-up, ${plan.warmUpSeconds} s`);
    await runOwnLoad(site, plan.generator, toJob(server, plan, plan.warmUpSeconds));
  }
  for (let round = 0; round < plan.rounds; round += 1) {
    // So that neither always comes after the other.
    const order = round % 2 === 0 ? servers : servers.toReversed();
    tell(`load, round ${round + 1} of ${plan.rounds}`);
    for (const server of order) server.rounds.push(await measureRound(site, plan, server));
  }
}

async function measureRound(site: Site, plan: LoadPlan, server: Loaded): Promise<Round> {
  const run = (): Promise<OwnSample> => runOwnLoad(site, plan.generator, toJob(server, plan, plan.seconds));
  const weigh = setInterval(() => weighServer(server), WEIGH_EVERY_MS);
  try {
    const { pid } = server;
    if (pid === undefined || cpuSecondsOfTree(pid) === undefined) return toRound(await run(), null);
    const { result, cpu } = await measureCpu(pid, run);
    return toRound(result, (cpu.server * 1e6) / result.replies);
  } finally {
    clearInterval(weigh);
  }
}

function weighServer(server: Loaded): void {
  const bytes = server.pid === undefined ? undefined : residentBytes(server.pid);
  if (bytes !== undefined && bytes > 0) server.peakBytes = Math.max(server.peakBytes ?? 0, bytes);
}

function toJob({ endpoint, requests }: Loaded, { connections }: LoadPlan, seconds: number): LoadJob {
  return { ...endpoint, requests, connections, seconds, rampSeconds: RAMP_SECONDS };
}

function toRound({ busy, replies: _replies, ...sample }: OwnSample, cpuUsPerRequest: number | null): Round {
  const isKnown = cpuUsPerRequest !== null && Number.isFinite(cpuUsPerRequest);
  return { ...sample, cpuUsPerRequest: isKnown ? cpuUsPerRequest : null, generatorBusy: busy };
}

/** Runs a job in a process of its own, on the load's core. `program` starts one that calls `runLoad` with the job that is its last argument. */
export async function runOwnLoad(
  { processes, pinning, signal }: Site,
  program: Command,
  job: LoadJob,
): Promise<OwnSample> {
  const command = { ...program, args: [...program.args, JSON.stringify(job)] };
  return JSON.parse(await processes.run(pinning.pinLoad(command), signal)) as OwnSample;
}
