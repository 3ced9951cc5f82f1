import { NONE, formatCount, formatPercent, formatRatio, formatTable } from './format.ts';
import { median } from './numbers.ts';
import type { WorkersRow, WorkersSample } from './results.ts';
import { WORKERS_CONNECTIONS } from './workers.ts';

/** What a second core has to be worth, at least, for two workers of ours. */
const LEAST_GAIN = 1.7;

const LEGEND = `Measured: replies a second; how many cores the server and the load generator kept busy (CPU seconds of all their processes, a second);
the part of the server's CPU time that its busiest process took; CPU time a request. Where server and load generator shared
cores, \`cores + load\` is near the machine's, and the measured gain lacks what the load generator took.
Derived: cores / CPU time a request, which is what the server would answer with its cores for itself if nothing but CPU time limits it;
and that against one core.`;

/** The section of what a second core is worth. */
export function workersSection(rows: readonly WorkersRow[]): string {
  const head = [
    'server',
    'cores',
    'req/s',
    'cores busy',
    '+ load',
    'busiest',
    'CPU a request',
    'gain, measured',
    'req/s, derived',
    'gain, derived',
  ];
  const table = formatTable(
    head,
    rows.map((row) => workersCells(rows, row)),
  );
  const verdicts = rows.filter(isJudged).map((row) => `${row.contender.name}: ${verdictOn(rows, row)}.`);
  return [`### Workers: hello, ${WORKERS_CONNECTIONS} connections`, table, LEGEND, ...verdicts].join('\n\n');
}

/** Whether the workers of ours are measured, and worth what they have to be. */
export function isWorthIt(rows: readonly WorkersRow[]): boolean {
  return rows.filter(isJudged).every((row) => derivedGain(rows, row) >= LEAST_GAIN);
}

function verdictOn(rows: readonly WorkersRow[], row: WorkersRow): string {
  if (row.failure !== undefined) return `failed: ${row.failure}`;
  if (row.samples.length === 0) return NONE;
  return `${derivedGain(rows, row) >= LEAST_GAIN ? '' : 'NOT '}at least ${LEAST_GAIN} times one worker (derived)`;
}

function workersCells(rows: readonly WorkersRow[], row: WorkersRow): string[] {
  const { name } = row.contender;
  if (row.failure !== undefined) return [name, `${row.cores}`, 'failed', ...Array.from({ length: 7 }, () => NONE)];
  return [
    name,
    `${row.cores}`,
    formatCount(medianOf(row, 'perSecond')),
    formatRatio(medianOf(row, 'serverCores')),
    formatRatio(medianOf(row, 'loadCores')),
    formatPercent(medianOf(row, 'busiestShare')),
    `${formatRatio(medianOf(row, 'cpuUsPerRequest'))} µs`,
    formatRatio(medianOf(row, 'perSecond') / medianOf(oneCoreOf(rows, row), 'perSecond')),
    formatCount(derivedPerSecond(row)),
    formatRatio(derivedGain(rows, row)),
  ];
}

const isJudged = ({ contender, cores }: WorkersRow): boolean => contender.id === 'wasi-serve' && cores > 1;

/** NaN where either row has no samples. */
const derivedGain = (rows: readonly WorkersRow[], row: WorkersRow): number =>
  row.failure === undefined ? derivedPerSecond(row) / derivedPerSecond(oneCoreOf(rows, row)) : Number.NaN;

const derivedPerSecond = (row: WorkersRow | undefined): number =>
  ((row?.cores ?? 0) * 1e6) / medianOf(row, 'cpuUsPerRequest');

const medianOf = (row: WorkersRow | undefined, name: keyof WorkersSample): number =>
  median(row?.samples.map((sample) => sample[name]) ?? []);

const oneCoreOf = (rows: readonly WorkersRow[], { contender }: WorkersRow): WorkersRow | undefined =>
  rows.find((other) => other.contender.id === contender.id && other.cores === 1);
