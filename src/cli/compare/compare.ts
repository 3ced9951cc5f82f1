import { writeFileSync } from 'node:fs';
import { IGNORED_FIELDS } from '../../compare/differences/to-findings.ts';
import type { ProbeResult } from '../../compare/differences/difference.ts';
import { runProbe } from '../../compare/differences/run-probe.ts';
import { type Loaded, measureLoad, toLoadRequests } from '../../compare/load/measure-load.ts';
import { readMachine } from '../../compare/machine/machine.ts';
import { residentBytes } from '../../compare/machine/resident-bytes.ts';
import { selfCommand } from '../../compare/machine/self-command.ts';
import { type Site, createSite } from '../../compare/machine/site.ts';
import {
  type Comparison,
  REPLIES,
  type ServerFacts,
  countDifferences,
  toMeasures,
} from '../../compare/report/comparison.ts';
import { formatComparison } from '../../compare/report/format-comparison.ts';
import { toHtml } from '../../compare/report/to-html.ts';
import { sharesInstances } from '../../compare/servers/peer.ts';
import { HostError } from '../../util/host-error.ts';
import { formatCount } from '../../util/format.ts';
import { toPrintable } from '../../util/printable.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { LOAD_ARG, type ComparePlan } from './compare-plan.ts';
import { type Side, describeSide, toSides } from './sides.ts';

/** As shells say it: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

/** Above this part of a core the load generator is what bounds the numbers. */
const BUSY = 0.9;

/** Compares, prints what was found, and returns the exit code. Throws `HostError` if a server cannot be compared. */
export async function compare(plan: ComparePlan, terminal: Terminal): Promise<ExitCode | typeof INTERRUPTED> {
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(new Error('interrupted'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupt);
  using site = createSite(interruption.signal);
  try {
    const comparison = await run(plan, site, terminal);
    report(plan, comparison, terminal);
    return verdict(plan, comparison, terminal);
  } catch (error) {
    if (interruption.signal.aborted) return INTERRUPTED;
    throw error;
  }
}

async function run(plan: ComparePlan, site: Site, terminal: Terminal): Promise<Comparison> {
  const { config } = plan;
  const tell = (text: string): void => terminal.stderr.write(`${terminal.paintStderr('faint', text)}\n`);
  const sides = toSides(plan, site);
  for (const side of sides) tell(describeSide(side));
  const startsMs = await timeStarts(sides, config.loadSeconds === 0 ? 0 : config.starts, tell);
  const probes = await probe(plan, sides, site, tell);
  const loaded = config.loadSeconds === 0 ? [] : await load(plan, sides, site, tell);
  const facts = sides.map((side, at): ServerFacts => {
    const { rounds = [], idleBytes = null, peakBytes = null } = loaded[at] ?? {};
    return { name: side.name, command: side.command, rounds, startsMs: startsMs[at] ?? [], idleBytes, peakBytes };
  });
  const [ours, theirs] = facts as [ServerFacts, ServerFacts];
  return {
    version: 1,
    date: new Date().toISOString(),
    file: plan.file,
    machine: readMachine(),
    ours,
    theirs,
    notes: describeMethod(plan, site),
    warnings: [...listUnequal(plan), ...listWarnings(ours, theirs, loaded)],
    ignoredFields: [...IGNORED_FIELDS, ...(config.ignoredFields ?? [])],
    probes,
    measures: toMeasures(ours, theirs),
  };
}

type Tell = (text: string) => void;

/** In turns, with empty caches. */
async function timeStarts(sides: readonly Side[], starts: number, tell: Tell): Promise<number[][]> {
  const times: number[][] = sides.map(() => []);
  for (let start = 1; start <= starts; start += 1) {
    tell(`start ${start} of ${starts}`);
    for (const [at, side] of sides.entries()) {
      await using server = await side.start('cold');
      if (server.startMs !== undefined) times[at]?.push(server.startMs);
    }
  }
  return times;
}

async function probe(plan: ComparePlan, sides: readonly Side[], site: Site, tell: Tell): Promise<ProbeResult[]> {
  await using servers = new AsyncDisposableStack();
  const endpoints = [];
  for (const side of sides) endpoints.push(servers.use(await side.start('warm')).endpoint);
  const [ours, theirs] = endpoints;
  if (ours === undefined || theirs === undefined) return [];
  tell(`${formatCount(plan.probes.length, 'request')} to both`);
  const { replyTimeoutMs: replyMs, ignoredFields: ignored = [] } = plan.config;
  const isWasmtime = plan.peer.at === 'command' && plan.peer.isWasmtime;
  const results: ProbeResult[] = [];
  const probing = { ours, theirs, plain: plan.plain, ignored, isWasmtime, replyMs, signal: site.signal };
  for (const one of plan.probes) results.push(await runProbe(probing, one));
  return results;
}

type LoadFacts = Loaded & { readonly idleBytes: number | null };

/** On servers of their own, to which the probes have done nothing. */
async function load(plan: ComparePlan, sides: readonly Side[], site: Site, tell: Tell): Promise<LoadFacts[]> {
  await using servers = new AsyncDisposableStack();
  const { loadConnections, loadSeconds, loadRounds, warmUpSeconds, replyTimeoutMs } = plan.config;
  const loaded: LoadFacts[] = [];
  for (const side of sides) {
    const { endpoint, pid } = servers.use(await side.start('warm'));
    const idleBytes = pid === undefined ? null : (residentBytes(pid) ?? null);
    const requests = await toLoadRequests(endpoint, plan.loaded, replyTimeoutMs);
    if (requests.length === 0)
      throw new HostError('not-supported', `${side.name} gives no whole reply to load: --seconds 0 compares without`);
    loaded.push({ endpoint, pid, requests, rounds: [], idleBytes, peakBytes: idleBytes });
  }
  const generator = selfCommand([LOAD_ARG]);
  const loads = { connections: loadConnections, seconds: loadSeconds, rounds: loadRounds, warmUpSeconds, generator };
  await measureLoad(site, loads, loaded, tell);
  return loaded;
}

function describeMethod({ config, peer, loaded }: ComparePlan, site: Site): string[] {
  const { loadConnections, loadSeconds, loadRounds, warmUpSeconds, starts } = config;
  const settings =
    peer.at === 'url'
      ? 'the other server runs already: its settings, memory and CPU time are not known'
      : 'settings: defaults of both, but for the flags above; neither writes a line for each request';
  if (loadSeconds === 0) return [settings];
  return [
    `${loadRounds} x ${loadSeconds} s of load on each server in turn, after ${warmUpSeconds} s of warm-up, ${loadConnections} connections, ${formatCount(loaded.length, 'request')} repeated; medians, in brackets the middle half`,
    `${starts} starts with empty caches; memory is resident, of all processes of a server, shared pages counted in each`,
    `cores: ${site.pinning.note}`,
    settings,
  ];
}

/** Whether both servers isolate each request. */
function listUnequal({ ourFlags, peer }: ComparePlan): string[] {
  if (peer.at === 'url') return [];
  const [ours, theirs] = [sharesInstances(ourFlags), peer.sharesInstances];
  if (ours === theirs) return ours ? ['requests share instances in both servers: neither isolates them'] : [];
  const [sharing, other] = ours ? ['wasi-serve', peer.name] : [peer.name, 'wasi-serve'];
  return [`not equal: requests share instances in ${sharing}, and each has its own in ${other}`];
}

function listWarnings(ours: ServerFacts, theirs: ServerFacts, loaded: readonly Loaded[]): string[] {
  const warnings = [ours, theirs].flatMap(({ name, rounds }) => {
    const faults = new Set(rounds.flatMap((round) => Object.keys(round.faults)));
    const isBusy = rounds.some(({ generatorBusy }) => generatorBusy > BUSY);
    return [
      ...(faults.size > 0 ? [`load on ${name} went wrong: ${[...faults].join(', ')}; its numbers mean little`] : []),
      ...(isBusy ? [`the load generator took all of its core with ${name}, which may be faster than is shown`] : []),
    ];
  });
  const [one, other] = loaded.map(({ requests }) => requests.map(({ status }) => status).join());
  return one === other
    ? warnings
    : [...warnings, 'the servers answer the load with different statuses: it is not the same work'];
}

function report({ config }: ComparePlan, comparison: Comparison, terminal: Terminal): void {
  const json = `${JSON.stringify(comparison, undefined, 2)}\n`;
  if (config.jsonFile === '-') terminal.stdout.write(json);
  else terminal.stdout.write(formatComparison(comparison, terminal.paintStdout, terminal.stdout.columns));
  if (config.jsonFile !== undefined && config.jsonFile !== '-') writeOut('--json', config.jsonFile, json);
  if (config.reportFile !== undefined) writeOut('--report', config.reportFile, toHtml(comparison));
}

function writeOut(flag: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new HostError('bad-argument', `cannot write ${flag} ${file}: ${(error as Error).message}`, { cause: error });
  }
}

/** What `--fail-on` and `--min-ratio` say of it. */
function verdict({ config, minRatio }: ComparePlan, comparison: Comparison, terminal: Terminal): ExitCode {
  const failures: string[] = [];
  const count = countDifferences(comparison);
  if (config.failOn === 'difference' && count > 0) failures.push(`${formatCount(count, 'difference')} (--fail-on)`);
  const ratio = comparison.measures.find(({ name }) => name === REPLIES)?.timesBetter ?? Number.NaN;
  if (minRatio !== undefined && !(ratio >= minRatio)) {
    failures.push(`${ratio.toFixed(2)} times the replies a second, where ${minRatio} are wanted (--min-ratio)`);
  }
  for (const failure of failures)
    terminal.stderr.write(`${terminal.paintStderr('bad', 'failed:')} ${toPrintable(failure)}\n`);
  return failures.length === 0 ? EXIT.done : EXIT.failed;
}
