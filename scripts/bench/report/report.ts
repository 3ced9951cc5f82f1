import { FLOOR, type Contender, type ContenderId, PEER } from '../servers/contenders.ts';
import { NONE, formatBytes, formatCount, formatMs, formatPercent, formatRatio, formatTable } from './format.ts';
import type { LoadSample } from '../load/load.ts';
import type { Machine } from '../machine/machine.ts';
import { median, spread } from './numbers.ts';
import { OVERLAP_LIMIT_MS, OVERLAP_REQUESTS } from '../measure/overlap.ts';
import {
  CONNECTIONS,
  type Insides,
  type Load,
  type OverlapRow,
  type Row,
  type WorkersRow,
  describeFaults,
  sumFaults,
} from './results.ts';
import { isWorthIt, workersSection } from './workers-report.ts';

/** All that a run found, and how. */
export interface Report {
  /** ISO 8601. */
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** What a reader has to know: load generator, pinning, what was left out, an interruption. */
  readonly notes: readonly string[];
  readonly rows: readonly Row[];
  readonly overlap: readonly OverlapRow[];
  readonly workers: readonly WorkersRow[];
  readonly insides: Insides | undefined;
}

/** The report as Markdown. Ratios are of medians. */
export function toMarkdown(report: Report): string {
  const { rows, overlap, workers, insides } = report;
  const sections = [
    headOf(report),
    ...CONNECTIONS.toReversed().map((connections) => loadSection(rows, connections)),
    startSection(rows),
    overlap.length > 0 ? overlapSection(overlap) : '',
    workers.length > 0 ? workersSection(workers) : '',
    insides === undefined ? '' : insidesSection(insides),
    failureSection(report),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** Every sample, for other tools. */
export function toJson(report: Report): string {
  return `${JSON.stringify(report, toPlain, 2)}\n`;
}

/** Whether every number of a contender counts. */
export function isSound(report: Report, id: ContenderId): boolean {
  const rows = report.rows.filter(({ contender }) => contender.id === id);
  const overlap = report.overlap.filter(({ contender }) => contender.id === id);
  const isLoadSound = rows.every((row) => row.failure === undefined && row.loads.every(isValid));
  const workers = report.workers.filter(({ contender }) => contender.id === id);
  return isLoadSound && overlap.every(isInTime) && isWorthIt(workers);
}

function headOf({ date, command, machine, versions, notes }: Report): string {
  const { cpu, cores, memoryGb, kernel, loadBefore } = machine;
  const lines = [
    `${date}: \`${command}\``,
    `Machine: ${cpu}, ${cores} cores, ${memoryGb} GB, ${kernel}; load average before the run ${loadBefore.toFixed(2)}`,
    `Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join('; ')}`,
    ...notes,
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

function loadSection(rows: readonly Row[], connections: number): string {
  const head = ['guest', 'server', 'req/s', 'of floor', 'of wasmtime', 'spread', 'p50', 'p99'];
  const title = connections === 1 ? '1 connection' : `${connections} connections`;
  return `### Load, ${title}\n\n${formatTable(
    head,
    rows.map((row) => loadCells(rows, row, connections)),
  )}`;
}

function loadCells(rows: readonly Row[], row: Row, connections: number): string[] {
  const names = [row.guest, row.contender.name];
  const load = loadOf(row, connections);
  const empty = (why: string): string[] => [...names, why, NONE, NONE, NONE, NONE, NONE];
  if (row.failure !== undefined) return empty('failed');
  if (load === undefined || load.samples.length === 0) return empty(NONE);
  if (!isValid(load)) return empty(`invalid: ${describeFaults(sumFaults(load))}`);
  const perSecond = medianOf(load, 'perSecond');
  const against = (id: ContenderId): string =>
    formatRatio(perSecond / perSecondOf(findRow(rows, row, id), connections));
  return [
    ...names,
    formatCount(perSecond),
    against(FLOOR),
    against(PEER),
    load.samples.length > 1 ? formatPercent(spread(load.samples.map((sample) => sample.perSecond))) : NONE,
    formatMs(medianOf(load, 'p50Ms')),
    formatMs(medianOf(load, 'p99Ms')),
  ];
}

function startSection(rows: readonly Row[]): string {
  const head = [
    'guest',
    'server',
    'cold start',
    'of wasmtime',
    'warm start',
    'of wasmtime',
    'idle',
    'after load',
    'of wasmtime',
  ];
  return `### Start and resident memory\n\n${formatTable(
    head,
    rows.map((row) => startCells(rows, row)),
  )}`;
}

function startCells(rows: readonly Row[], row: Row): string[] {
  const peer = findRow(rows, row, PEER);
  const cold = median(row.coldStartsMs);
  const warm = median(row.warmStartsMs);
  return [
    row.guest,
    row.contender.name,
    formatMs(cold),
    formatRatio(cold / median(peer?.coldStartsMs ?? [])),
    formatMs(warm),
    formatRatio(warm / median(peer?.warmStartsMs ?? [])),
    formatBytes(row.idleBytes),
    formatBytes(row.loadedBytes),
    formatRatio((row.loadedBytes ?? Number.NaN) / (peer?.loadedBytes ?? Number.NaN)),
  ];
}

function overlapSection(overlap: readonly OverlapRow[]): string {
  const head = ['server', 'verdict', 'median', 'longest'];
  const rows = overlap.map((row) => [
    row.contender.name,
    verdictOn(row),
    formatMs(median(row.totalsMs)),
    formatMs(Math.max(...row.totalsMs)),
  ]);
  return `### Overlap: ${OVERLAP_REQUESTS} requests at once, each waits 500 ms in the guest\n\n${formatTable(head, rows)}`;
}

function verdictOn(row: OverlapRow): string {
  if (row.failure !== undefined) return `failed: ${row.failure}`;
  if (row.totalsMs.length === 0) return NONE;
  return `${isInTime(row) ? '' : 'NOT '}under ${OVERLAP_LIMIT_MS / 1000} s`;
}

function insidesSection({ resets, density }: Insides): string {
  const head = ['request', 'pages written', 'reset, median', 'p99', 'memory of the instance'];
  const rows = resets.map(({ request, memoryBytes, pages, medianUs, p99Us }) => [
    request,
    formatCount(pages),
    `${medianUs.toFixed(1)} µs`,
    `${p99Us.toFixed(1)} µs`,
    formatBytes(memoryBytes),
  ]);
  const lines = density.map((line) => `- ${line}`);
  return `### Resets\n\n${formatTable(head, rows)}\n\n### Suspended requests, without sockets\n\n${lines.join('\n')}`;
}

function failureSection({ rows }: Report): string {
  const failed = rows.filter(({ failure }) => failure !== undefined);
  if (failed.length === 0) return '';
  const lines = failed.map(({ guest, contender, failure }) => `- ${guest}, ${contender.name}: ${failure}`);
  return `### Failed\n\n${lines.join('\n')}`;
}

/** For JSON a contender is its name. */
const toPlain = (key: string, value: unknown): unknown => (key === 'contender' ? (value as Contender).name : value);

const isValid = (load: Load): boolean => Object.keys(sumFaults(load)).length === 0;

const isInTime = ({ failure, totalsMs }: OverlapRow): boolean =>
  failure === undefined && totalsMs.length > 0 && Math.max(...totalsMs) < OVERLAP_LIMIT_MS;

const loadOf = (row: Row, connections: number): Load | undefined =>
  row.loads.find((load) => load.connections === connections);

/** NaN where the row is missing or invalid, so that nothing is compared with it. */
function perSecondOf(row: Row | undefined, connections: number): number {
  const load = row && loadOf(row, connections);
  return row?.failure === undefined && load !== undefined && isValid(load) ? medianOf(load, 'perSecond') : Number.NaN;
}

const medianOf = (load: Load, name: Exclude<keyof LoadSample, 'faults'>): number =>
  median(load.samples.map((sample) => sample[name]));

/** The row of a reference with the same guest; the first where it took part with several sets of flags. */
const findRow = (rows: readonly Row[], { guest }: Row, id: ContenderId): Row | undefined =>
  rows.find((other) => other.guest === guest && other.contender.id === id);
