import { NONE, formatCount, formatPercent, formatRatio, formatTable } from './format.ts';
import { median } from '../../../src/compare/numbers.ts';
import type { Reported, WorkersRow as Row, WorkersSample } from './results.ts';
import { WORKERS_CONNECTIONS } from '../measure/workers.ts';

type WorkersRow = Reported<Row>;

/** What a second core has to be worth, at least, for two workers of ours. */
const LEAST_GAIN = 1.9;

const LEGEND = `Measured: replies a second; how many cores the server and the load generator kept busy (CPU seconds of all their processes, a second);
the part of the server's CPU time that its busiest process took; CPU time a request. Where server and load generator shared
cores, \`cores + load\` is near the machine's, and the measured gain lacks what the load generator took.
Derived: cores / CPU time a request, which is what the server would answer with its cores for itself if nothing but CPU time limits it.
Gains are against one core in the same round, medians; one above the number of cores tells that others were at work on the machine.`;

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
    formatCount(medianOf(row, measuredPerSecond)),
    formatRatio(medianOf(row, (sample) => sample.serverCores)),
    formatRatio(medianOf(row, (sample) => sample.loadCores)),
    formatPercent(medianOf(row, (sample) => sample.busiestShare)),
    `${formatRatio(medianOf(row, (sample) => sample.cpuUsPerRequest))} µs`,
    formatRatio(gainOf(rows, row, measuredPerSecond)),
    formatCount(medianOf(row, derivedPerSecond)),
    formatRatio(derivedGain(rows, row)),
  ];
}

const isJudged = ({ contender, cores }: WorkersRow): boolean => contender.id === 'wasi-serve' && cores > 1;

/** Against one core; NaN where a row has failed. */
const derivedGain = (rows: readonly WorkersRow[], row: WorkersRow): number => gainOf(rows, row, derivedPerSecond);

function gainOf(rows: readonly WorkersRow[], row: WorkersRow, value: Value): number {
  const one = rows.find(({ contender, cores }) => contender.id === row.contender.id && cores === 1);
  if (one === undefined || one.failure !== undefined || row.failure !== undefined) return Number.NaN;
  const gains = row.samples.flatMap((sample, round) => {
    const base = one.samples[round];
    return base === undefined ? [] : [value(sample, row) / value(base, one)];
  });
  return median(gains);
}

type Value = (sample: WorkersSample, row: WorkersRow) => number;

const measuredPerSecond: Value = ({ perSecond }) => perSecond;
const derivedPerSecond: Value = ({ cpuUsPerRequest }, { cores }) => (cores * 1e6) / cpuUsPerRequest;

const medianOf = (row: WorkersRow, value: Value): number => median(row.samples.map((sample) => value(sample, row)));
