import { writeFileSync } from 'node:fs';
import { BODY_GUESTS, createBodiesRows, measureBodies, planBodiesSeconds } from './measure/bodies.ts';
import { createBurstsRows, measureBursts, planBurstsSeconds } from './measure/bursts.ts';
import { createDensityRows, measureDensity, planDensitySeconds } from './measure/density.ts';
import { createLoadGenerator } from './load/generators.ts';
import { createOutgoingRows, measureOutgoing, PROXY, planOutgoingSeconds } from './measure/outgoing.ts';
import { createSite } from '../../src/compare/machine/site.ts';
import { createWorkersRows, measureWorkers, planWorkersSeconds } from './measure/workers.ts';
import { type Contender, OURS, SERVERS_OF_GUESTS } from './servers/contenders.ts';
import { type Guest, HELLO, SLEEP } from './servers/guests.ts';
import { INSIDES_SECONDS, measureInsides } from './measure/insides.ts';
import { readMachine } from '../../src/compare/machine/machine.ts';
import type { Bench } from './measure/attempt.ts';
import { type Entrant, measureGuest, planSeconds } from './measure/measure.ts';
import type { Column, Options } from './options.ts';
import { OVERLAP_SECONDS, measureOverlap } from './measure/overlap.ts';
import { messageOf } from '../../src/compare/machine/processes.ts';
import { type Prepared, prepareGuests } from './servers/prepare-guests.ts';
import { Progress } from './measure/progress.ts';
import { record } from './report/record.ts';
import { type Report, isSound, toJson, toMarkdown } from './report/report.ts';
import {
  type BodiesRow,
  type BurstsRow,
  type DensityRow,
  type Insides,
  type OutgoingRow,
  type OverlapRow,
  type WorkersRow,
  createRow,
} from './report/results.ts';

/** What is measured, in order, and where the results go. */
interface Field {
  readonly guests: readonly Guest[];
  readonly entrants: readonly (readonly Entrant[])[];
  readonly bursts: readonly BurstsRow[];
  readonly bodies: readonly BodiesRow[];
  readonly outgoing: readonly OutgoingRow[];
  readonly density: readonly DensityRow[];
  readonly overlap: readonly OverlapRow[];
  readonly workers: readonly WorkersRow[];
  readonly insides: Insides | undefined;
}

/** A whole run: measures, prints the report on stdout, returns the exit code. What an interrupted run has found is reported. */
export async function run(options: Options, command: string, signal: AbortSignal): Promise<number> {
  using site = createSite(signal);
  const machine = readMachine();
  const load = createLoadGenerator(options.load, site);
  const bench: Bench = { site, load, options, progress: new Progress((text) => process.stderr.write(text)) };
  const notes = describeMethod(bench);
  const complain = (line: string): void => {
    notes.push(line);
    bench.progress.tell(line);
  };
  const contenders = options.contenders.filter((contender) => isInstalled(contender, complain));
  const guests = await prepareGuests(site, bench.progress, options.guests);
  const field = await createField(bench, contenders, guests);
  await measureField(bench, field).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    complain(`INCOMPLETE: ${messageOf(signal.reason)}`);
  });
  const report = createReport(field, { command, machine, notes, contenders, skipped: guests.skipped });
  process.stdout.write(`\n${toMarkdown(report)}`);
  if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, toJson(report));
  if (signal.aborted) return INTERRUPTED;
  if (options.isRecorded) bench.progress.tell(`written: ${record(report).join(', ')}`);
  if (isSound(report, OURS)) return 0;
  bench.progress.tell('bench: wasi-serve has a row that failed, is invalid or not in time');
  return 1;
}

/** As shells say it: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

function describeMethod({ load, options, site }: Bench): string[] {
  const { rounds, seconds, warmUpSeconds } = options;
  return [
    `Load: ${load.note}; ${rounds} x ${seconds} s for each server in turn, after ${warmUpSeconds} s of warm-up; medians`,
    `Cores: ${site.pinning.note}; a server of several cores: see Workers`,
  ];
}

function isInstalled({ name, install, getVersion }: Contender, complain: (line: string) => void): boolean {
  if (getVersion() !== undefined) return true;
  complain(`Left out: ${name}, which is not installed (${install})`);
  return false;
}

/** All rows that are to be filled. Guests that a column needs besides those of the run are built too; without one its column is empty. */
async function createField(bench: Bench, contenders: readonly Contender[], { ready }: Prepared): Promise<Field> {
  const { site, progress, options } = bench;
  const rowsOf = async <Row>(column: Column, needed: readonly Guest[], create: (guests: readonly Guest[]) => Row[]) => {
    if (!options.columns.has(column)) return [];
    const prepared = await prepareGuests(site, progress, needed);
    return prepared.ready.length > 0 || needed.length === 0 ? create(prepared.ready) : [];
  };
  const overlapping = contenders.filter(({ id }) => SERVERS_OF_GUESTS.includes(id));
  const isInside = options.columns.has('insides') && contenders.some(({ id }) => id === OURS);
  return {
    guests: ready,
    entrants: await rowsOf('load', [], () =>
      ready.map((guest) => contenders.map((contender) => createEntrant(guest, contender, options))),
    ),
    bursts: await rowsOf('bursts', [], () => createBurstsRows(ready, contenders)),
    bodies: await rowsOf('bodies', BODY_GUESTS, (guests) => createBodiesRows(guests, contenders)),
    outgoing: await rowsOf('outgoing', [PROXY], () => createOutgoingRows(contenders)),
    density: await rowsOf('density', [SLEEP], () => createDensityRows(contenders)),
    overlap: await rowsOf('overlap', [SLEEP], () => overlapping.map((contender) => ({ contender, totalsMs: [] }))),
    workers: await rowsOf('workers', [HELLO], () => createWorkersRows(contenders)),
    insides: isInside ? { resets: [], density: [] } : undefined,
  };
}

const createEntrant = (guest: Guest, contender: Contender, { connections }: Options): Entrant => ({
  row: createRow(guest.name, contender, connections),
  guest,
  cacheFolder: '',
});

async function measureField(bench: Bench, field: Field): Promise<void> {
  const { site, progress, options } = bench;
  for (const seconds of planField(bench, field)) progress.plan(seconds);
  site.pinning.pinSelf();
  if (field.insides !== undefined) await measureInsides(bench, field.insides);
  for (const row of field.overlap) await measureOverlap(bench, row);
  for (const row of field.density) await measureDensity(bench, row);
  await measureWorkers(bench, field.workers);
  await measureBodies(bench, field.bodies);
  if (field.outgoing.length > 0) await measureOutgoing(bench, field.outgoing);
  await measureBursts(bench, field.bursts, field.guests);
  for (const group of field.entrants) {
    await measureGuest(bench, group);
    progress.spend(options.restSeconds);
  }
}

function planField(bench: Bench, field: Field): number[] {
  const { options } = bench;
  return [
    field.insides === undefined ? 0 : INSIDES_SECONDS,
    field.overlap.length * OVERLAP_SECONDS,
    field.density.length * planDensitySeconds(bench),
    ...field.workers.map((row) => planWorkersSeconds(bench, row)),
    ...field.bodies.map((row) => planBodiesSeconds(bench, row)),
    ...field.outgoing.map((row) => planOutgoingSeconds(bench, row)),
    ...field.bursts.map((row) => {
      const guest = field.guests.find(({ name }) => name === row.guest);
      return guest === undefined ? 0 : planBurstsSeconds(bench, guest);
    }),
    ...field.entrants.flat().map(({ guest }) => planSeconds(options, guest)),
    field.entrants.length * options.restSeconds,
  ];
}

interface Context extends Pick<Report, 'command' | 'machine' | 'notes' | 'skipped'> {
  readonly contenders: readonly Contender[];
}

function createReport(field: Field, { contenders, ...context }: Context): Report {
  const { bursts, bodies, outgoing, density, overlap, workers, insides } = field;
  const versions = contenders.map(({ name, getVersion }) => [name, getVersion() ?? ''] as const);
  return {
    date: new Date().toISOString(),
    versions: Object.fromEntries(versions),
    rows: field.entrants.flat().map(({ row }) => row),
    bursts,
    bodies,
    outgoing,
    density,
    overlap,
    workers,
    insides,
    ...context,
  };
}
