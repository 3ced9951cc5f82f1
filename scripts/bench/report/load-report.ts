import { type ContenderId, FLOOR, OURS, PEER } from '../servers/contenders.ts';
import { NONE, formatBytes, formatCount, formatMs, formatPercent, formatRatio, formatTable } from './format.ts';
import type { LoadSample } from '../../../src/compare/load/load-job.ts';
import { median, spread } from '../../../src/compare/numbers.ts';
import {
  type Load,
  type Reported,
  type Row as MeasuredRow,
  describeFaults,
  headlineOf,
  isValid,
  sumFaults,
} from './results.ts';
import type { Skipped } from '../servers/prepare-guests.ts';

type Row = Reported<MeasuredRow>;

/** A table of all servers for each number of connections, the headline's first. Guests that were skipped are in that one, with the reason. */
export function loadSections(rows: readonly Row[], skipped: readonly Skipped[]): string[] {
  const all = connectionsOf(rows);
  const headline = headlineOf(all);
  const sorted = [headline, ...all.filter((connections) => connections !== headline)];
  return all.length === 0
    ? []
    : sorted.map((connections) => loadSection(rows, connections, connections === headline ? skipped : []));
}

/** One line for each guest, of the servers that a reader compares, by the headline's number of connections. */
export function summaryTable(rows: readonly Row[]): string {
  const head = [
    'guest',
    'node:http alone',
    'wasi-serve',
    'wasmtime serve',
    'ratio',
    'p99: ours, wasmtime',
    'MB under load: ours, wasmtime',
  ];
  const connections = headlineOf(connectionsOf(rows));
  const guests = [...new Set(rows.map(({ guest }) => guest))];
  return formatTable(
    head,
    guests.map((guest) => summaryCells(rows, guest, connections)),
    1,
  );
}

/** Ascending. */
export const connectionsOf = (rows: readonly Row[]): number[] =>
  [...new Set(rows.flatMap(({ loads }) => loads.map(({ connections }) => connections)))].toSorted((a, b) => a - b);

function summaryCells(rows: readonly Row[], guest: string, connections: number): string[] {
  const [floor, ours, peer] = [FLOOR, OURS, PEER].map((id) => findRow(rows, { guest }, id));
  const pair = (value: (row: Row | undefined) => string): string => {
    const both = [value(ours), value(peer)];
    return both.every((text) => text === NONE) ? NONE : both.join(', ').replace(' ms,', ',');
  };
  const perSecond = (row: Row | undefined): number => perSecondOf(row, connections);
  return [
    guest,
    ...[floor, ours, peer].map((row) => formatCount(perSecond(row))),
    formatRatio(perSecond(ours) / perSecond(peer)),
    pair((row) => formatMs(medianOf(row && loadOf(row, connections), 'p99Ms'))),
    pair((row) => formatBytes(row?.peakBytes).replace(' MB', '')),
  ];
}

function loadSection(rows: readonly Row[], connections: number, skipped: readonly Skipped[]): string {
  const head = ['guest', 'server', 'req/s', 'of floor', 'of wasmtime', 'spread', 'p50', 'p99', 'of wasmtime', 'p99.9'];
  const title = connections === 1 ? '1 connection' : `${connections} connections`;
  const cells = [
    ...rows.map((row) => loadCells(rows, row, connections)),
    ...skipped.map(({ guest, reason }) => [guest, `skipped: ${reason}`]),
  ];
  return `### Load, ${title}\n\n${formatTable(head, cells)}`;
}

function loadCells(rows: readonly Row[], row: Row, connections: number): string[] {
  const names = [row.guest, row.contender.name];
  const load = loadOf(row, connections);
  if (row.failure !== undefined) return [...names, 'failed'];
  if (load === undefined || load.samples.length === 0) return names;
  if (!isValid(load)) return [...names, `invalid: ${describeFaults(sumFaults(load))}`];
  const perSecond = medianOf(load, 'perSecond');
  const peer = findRow(rows, row, PEER);
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
    formatRatio(medianOf(load, 'p99Ms') / medianOf(peer && loadOf(peer, connections), 'p99Ms')),
    formatMs(medianOf(load, 'p999Ms')),
  ];
}

/** Starts, to the end of the first reply, and resident memory; nothing if nobody has measured them. */
export function startSection(all: readonly Row[]): string {
  const rows = all.filter(({ coldStartsMs, idleBytes }) => coldStartsMs.length > 0 || idleBytes !== undefined);
  if (rows.length === 0) return '';
  const head = [
    'guest',
    'server',
    'cold start',
    'of wasmtime',
    'warm start',
    'of wasmtime',
    'idle',
    'under load',
    'after load',
    'of wasmtime under load',
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
    formatBytes(row.peakBytes),
    formatBytes(row.restedBytes),
    formatRatio((row.peakBytes ?? Number.NaN) / (peer?.peakBytes ?? Number.NaN)),
  ];
}

const loadOf = (row: Row, connections: number): Load | undefined =>
  row.loads.find((load) => load.connections === connections);

/** NaN if the row is missing or invalid, so that nothing is compared with it. */
export function perSecondOf(row: Row | undefined, connections: number): number {
  const load = row && loadOf(row, connections);
  return row?.failure === undefined && load !== undefined && isValid(load) ? medianOf(load, 'perSecond') : Number.NaN;
}

const medianOf = (load: Load | undefined, name: Exclude<keyof LoadSample, 'faults'>): number =>
  median(load?.samples.map((sample) => sample[name] ?? Number.NaN) ?? []);

/** The row of a reference with the same guest; the first if it took part with several sets of flags. */
export const findRow = (rows: readonly Row[], { guest }: Pick<Row, 'guest'>, id: ContenderId): Row | undefined =>
  rows.find((other) => other.guest === guest && other.contender.id === id);
