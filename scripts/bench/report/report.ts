import type { ContenderId } from '../servers/contenders.ts';
import { NONE, formatBytes, formatCount, formatMs, formatTable } from './format.ts';
import { loadSections, startSection } from './load-report.ts';
import { bodiesSection, burstsSection, densitySection, outgoingSection } from './larger-report.ts';
import type { Machine } from '../../../src/compare/machine/machine.ts';
import { median } from '../../../src/compare/numbers.ts';
import { OVERLAP_LIMIT_MS, OVERLAP_REQUESTS } from '../measure/overlap.ts';
import {
  type BodiesRow,
  type BurstsRow,
  type DensityRow,
  type Insides,
  type OutgoingRow,
  type OverlapRow,
  type Reported,
  type Row,
  type WorkersRow,
  isValid,
} from './results.ts';
import type { Skipped } from '../servers/prepare-guests.ts';
import { isWorthIt, workersSection } from './workers-report.ts';

/** All that a run found, and how. Its JSON is one again when it is parsed. */
export interface Report {
  /** ISO 8601. */
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** What a reader has to know: load generator, pinning, what was left out, an interruption. */
  readonly notes: readonly string[];
  readonly skipped: readonly Skipped[];
  readonly rows: readonly Reported<Row>[];
  readonly bursts: readonly Reported<BurstsRow>[];
  readonly bodies: readonly Reported<BodiesRow>[];
  readonly outgoing: readonly Reported<OutgoingRow>[];
  readonly density: readonly Reported<DensityRow>[];
  readonly overlap: readonly Reported<OverlapRow>[];
  readonly workers: readonly Reported<WorkersRow>[];
  readonly insides?: Insides | undefined;
}

/** The report as Markdown. Ratios are of medians. */
export function toMarkdown(report: Report): string {
  return `${[headOf(report), toSections(report)].join('\n\n')}\n`;
}

/** Its tables, without how they were made. */
function toSections(report: Report): string {
  const { rows, bursts, bodies, outgoing, density, overlap, workers, insides } = report;
  const sections = [
    ...loadSections(rows, report.skipped),
    startSection(rows),
    bursts.length > 0 ? burstsSection(bursts) : '',
    bodies.length > 0 ? bodiesSection(bodies) : '',
    outgoing.length > 0 ? outgoingSection(outgoing) : '',
    density.length > 0 ? densitySection(density) : '',
    overlap.length > 0 ? overlapSection(overlap) : '',
    workers.length > 0 ? workersSection(workers) : '',
    insides === undefined ? '' : insidesSection(insides),
    failureSection(report),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** Every sample, for other tools. */
export function toJson(report: Report): string {
  const text = JSON.stringify(report, toPlain, 2);
  // What holds no more than values is a line: a run has hundreds of samples.
  return `${text.replaceAll(/\{\n\s+([^{}[\]]*?)\n\s*\}/g, (_, fields: string) => `{ ${fields.replaceAll(/\n\s+/g, ' ')} }`)}\n`;
}

/** Whether every number of a contender counts. */
export function isSound(report: Report, id: ContenderId): boolean {
  const ofId = <Of extends Reported<{ failure?: string; contender: unknown }>>(rows: readonly Of[]): Of[] =>
    rows.filter(({ contender }) => contender.id === id);
  const { rows, bursts, bodies, outgoing, density, overlap, workers } = report;
  const all = [rows, bursts, bodies, outgoing, density, overlap, workers].flatMap((column) =>
    ofId<(typeof column)[number]>(column),
  );
  return (
    all.every(({ failure }) => failure === undefined) &&
    ofId(rows).every(({ loads }) => loads.every(isValid)) &&
    ofId(overlap).every(isInTime) &&
    isWorthIt(ofId(workers))
  );
}

function headOf({ date, command, machine, versions, notes }: Report): string {
  const { cpu, cores, memoryGb, kernel, loadBefore } = machine;
  const memory = memoryGb === undefined ? [] : [`${memoryGb} GB`];
  const others = loadBefore === undefined ? [] : [`load average before the run ${loadBefore.toFixed(2)}`];
  const lines = [
    `${date}: \`${command}\``,
    `Machine: ${[cpu, `${cores} cores`, ...memory, kernel, ...others].join(', ')}`,
    `Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join('; ')}`,
    ...notes,
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

function overlapSection(overlap: Report['overlap']): string {
  const head = ['server', 'verdict', 'median', 'longest'];
  const rows = overlap.map((row) => [
    row.contender.name,
    verdictOn(row),
    formatMs(median(row.totalsMs)),
    formatMs(Math.max(...row.totalsMs)),
  ]);
  return `### Overlap: ${OVERLAP_REQUESTS} requests at once, each waits 500 ms in the guest\n\n${formatTable(head, rows)}`;
}

function verdictOn(row: Reported<OverlapRow>): string {
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

function failureSection({ rows, bursts, bodies, outgoing, density, workers }: Report): string {
  const failed = [
    ...rows.map(({ guest, ...row }) => ({ what: guest, ...row })),
    ...bursts.map(({ guest, ...row }) => ({ what: guest, ...row })),
    ...bodies.map(({ kind, ...row }) => ({ what: kind, ...row })),
    ...outgoing.map((row) => ({ what: 'outgoing', ...row })),
    ...density.map((row) => ({ what: 'density', ...row })),
    ...workers.map((row) => ({ what: `${row.cores} cores`, ...row })),
  ].filter(({ failure }) => failure !== undefined);
  if (failed.length === 0) return '';
  const lines = failed.map(({ what, contender, failure }) => `- ${what}, ${contender.name}: ${failure}`);
  return `### Failed\n\n${lines.join('\n')}`;
}

/** For JSON a contender is who it is. */
function toPlain(key: string, value: unknown): unknown {
  if (key !== 'contender') return value;
  const { id, name } = value as Reported<Row>['contender'];
  return { id, name };
}

const isInTime = ({ failure, totalsMs }: Reported<OverlapRow>): boolean =>
  failure === undefined && totalsMs.length > 0 && Math.max(...totalsMs) < OVERLAP_LIMIT_MS;
