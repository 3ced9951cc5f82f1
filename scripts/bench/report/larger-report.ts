import { FLOOR, PEER } from '../servers/contenders.ts';
import { NONE, formatCount, formatMs, formatRatio, formatTable } from './format.ts';
import { median } from '../../../src/compare/numbers.ts';
import { OUTGOING_CONNECTIONS } from '../measure/outgoing.ts';
import type { BodiesRow, BurstsRow, BurstsSample, DensityRow, OutgoingRow, Reported } from './results.ts';

/** Large bodies. */
export function bodiesSection(rows: readonly Reported<BodiesRow>[]): string {
  const head = ['body', 'server', 'MB/s', 'of floor', 'of wasmtime', 'CPU a MB', 'of wasmtime'];
  const cells = rows.map((row) => {
    const find = (id: string) => rows.find(({ kind, contender }) => kind === row.kind && contender.id === id);
    const [floor, peer] = [find(FLOOR), find(PEER)];
    const [rate, cpu] = [medianOf(row, 'mbPerSecond'), medianOf(row, 'cpuMsPerMb')];
    return [
      row.kind,
      row.contender.name,
      row.failure === undefined ? formatRatio(rate) : 'failed',
      formatRatio(rate / medianOf(floor, 'mbPerSecond')),
      formatRatio(rate / medianOf(peer, 'mbPerSecond')),
      withUnit(formatRatio(cpu), 'ms'),
      formatRatio(cpu / medianOf(peer, 'cpuMsPerMb')),
    ];
  });
  return `### Bodies\n\n${formatTable(head, cells)}`;
}

/** Requests through a guest that asks an upstream for each. */
export function outgoingSection(rows: readonly Reported<OutgoingRow>[]): string {
  const head = ['server', 'req/s', 'of wasmtime', 'p50', 'p99', 'CPU a request', 'of wasmtime'];
  const peer = rows.find(({ contender }) => contender.id === PEER);
  const cells = rows.map((row) => {
    const [rate, cpu] = [medianOf(row, 'perSecond'), medianOf(row, 'cpuUsPerRequest')];
    return [
      row.contender.name,
      row.failure === undefined ? formatCount(rate) : 'failed',
      formatRatio(rate / medianOf(peer, 'perSecond')),
      formatMs(medianOf(row, 'p50Ms')),
      formatMs(medianOf(row, 'p99Ms')),
      withUnit(formatRatio(cpu), 'µs'),
      formatRatio(cpu / medianOf(peer, 'cpuUsPerRequest')),
    ];
  });
  return `### Outgoing requests: the guest \`proxy\`, ${OUTGOING_CONNECTIONS} connections\n\n${formatTable(head, cells, 1)}`;
}

/** Crowds that come to a server that has just started, and again after a lull. */
export function burstsSection(rows: readonly Reported<BurstsRow>[]): string {
  const head = ['guest, connections', 'server', 'first 5 s', 'next 5 s', '2 s after a lull of 20 s'];
  const cells = rows.map((row) => [
    `${row.guest}, ${row.connections}`,
    row.contender.name,
    ...(row.failure === undefined ? PARTS.map((part) => burstCell(row.samples, part)) : ['failed']),
  ]);
  return `### Bursts: p99 (requests a second), of servers that have just started\n\n${formatTable(head, cells)}`;
}

const PARTS = ['first', 'next', 'afterLull'] as const;

function burstCell(samples: readonly BurstsSample[], part: keyof BurstsSample): string {
  const loads = samples.map((sample) => sample[part]);
  if (loads.length === 0) return NONE;
  const faults = loads.reduce((sum, load) => sum + Object.keys(load.faults).length, 0);
  const numbers = `${formatMs(median(loads.map(({ p99Ms }) => p99Ms)))} (${formatCount(median(loads.map(({ perSecond }) => perSecond)))})`;
  return faults === 0 ? numbers : `${numbers}, invalid`;
}

/** What clients take who do nothing. */
export function densitySection(rows: readonly Reported<DensityRow>[]): string {
  const head = ['server', 'at once', 'KiB an idle connection', 'KiB a suspended request'];
  const cells = rows.map((row) => [
    row.contender.name,
    row.failure === undefined ? formatCount(medianOf(row, 'waiting')) : 'failed',
    formatRatio(medianOf(row, 'bytesPerIdleConnection') / 1024),
    formatRatio(medianOf(row, 'bytesPerSuspendedRequest') / 1024),
  ]);
  return `### Density: resident memory of the server, without a collection of garbage before\n\n${formatTable(head, cells, 1)}`;
}

function medianOf<Name extends string>(
  row: { readonly samples: readonly Readonly<Record<Name, number>>[] } | undefined,
  name: Name,
): number {
  return median(row?.samples.map((sample) => sample[name]) ?? []);
}

const withUnit = (text: string, unit: string): string => (text === NONE ? NONE : `${text} ${unit}`);
