import { writeFileSync } from 'node:fs';
import { type Contender, OURS, OVERLAPPING } from './servers/contenders.ts';
import { createLoadGenerator } from './load/generators.ts';
import { type Guest, HELLO, SLEEP, prepareGuests } from './servers/guests.ts';
import { INSIDES_SECONDS, measureInsides } from './measure/insides.ts';
import { type Machine, readMachine } from './machine/machine.ts';
import { type Bench, type Entrant, measureGuest, planSeconds } from './measure/measure.ts';
import type { Options } from './options.ts';
import { OVERLAP_SECONDS, measureOverlap } from './measure/overlap.ts';
import { messageOf } from './machine/processes.ts';
import { Progress } from './measure/progress.ts';
import { type Report, isSound, toJson, toMarkdown } from './report/report.ts';
import { type Insides, type OverlapRow, type Row, type WorkersRow, createRow } from './report/results.ts';
import { createSite } from './machine/site.ts';
import { createWorkersRows, measureWorkers, planWorkersSeconds } from './measure/workers.ts';

/** What is measured, in order, and where the results go. */
interface Field {
  readonly contenders: readonly Contender[];
  readonly entrants: readonly (readonly Entrant[])[];
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
  const field = createField(options, complain);
  await measureField(bench, field).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    complain(`INCOMPLETE: ${messageOf(signal.reason)}`);
  });
  const report = createReport(field, { command, machine, notes });
  process.stdout.write(`\n${toMarkdown(report)}`);
  if (options.jsonFile !== undefined) writeFileSync(options.jsonFile, toJson(report));
  if (signal.aborted) return INTERRUPTED;
  if (isSound(report, OURS)) return 0;
  bench.progress.tell('bench: wasi-serve has a row that failed, is invalid or not in time');
  return 1;
}

/** As shells say it: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

function describeMethod({ load, options, site }: Bench): string[] {
  const { rounds, seconds } = options;
  return [
    `Load: ${load.note}; ${rounds} x ${seconds} s for each server in turn; medians`,
    `Cores: ${site.pinning.note}`,
  ];
}

/** All that is installed and built. The rest is named to `complain`. */
function createField(options: Options, complain: (line: string) => void): Field {
  const contenders = options.contenders.filter((contender) => isInstalled(contender, complain));
  const overlapping = contenders.filter(({ id }) => OVERLAPPING.includes(id));
  const guests = prepareGuests(options.guests, complain);
  const overlaps = overlapping.length > 0 ? prepareGuests([SLEEP], complain) : [];
  return {
    contenders,
    entrants: guests.map((guest) => contenders.map((contender) => createEntrant(guest, contender))),
    overlap: overlaps.flatMap(() => overlapping.map((contender) => ({ contender, totalsMs: [] }))),
    workers: prepareGuests([HELLO], complain).flatMap(() => createWorkersRows(contenders)),
    insides: options.insides && contenders.some(({ id }) => id === OURS) ? { resets: [], density: [] } : undefined,
  };
}

function isInstalled({ name, install, getVersion }: Contender, complain: (line: string) => void): boolean {
  if (getVersion() !== undefined) return true;
  complain(`Left out: ${name}, which is not installed (${install})`);
  return false;
}

const createEntrant = (guest: Guest, contender: Contender): Entrant => ({
  row: createRow(guest.name, contender),
  guest,
  cacheFolder: '',
});

async function measureField(bench: Bench, { entrants, overlap, workers, insides }: Field): Promise<void> {
  const { site, progress, options } = bench;
  for (const { guest } of entrants.flat()) progress.plan(planSeconds(options, guest));
  progress.plan(overlap.length * OVERLAP_SECONDS + workers.length * planWorkersSeconds(bench, HELLO));
  if (insides !== undefined) progress.plan(INSIDES_SECONDS);
  site.pinning.pinSelf();
  if (insides !== undefined) await measureInsides(bench, insides);
  for (const row of overlap) await measureOverlap(bench, row);
  await measureWorkers(bench, workers, HELLO);
  for (const group of entrants) await measureGuest(bench, group);
}

function createReport(
  { contenders, entrants, overlap, workers, insides }: Field,
  context: { command: string; machine: Machine; notes: readonly string[] },
): Report {
  const versions = contenders.map(({ name, getVersion }) => [name, getVersion() ?? ''] as const);
  const rows: Row[] = entrants.flat().map(({ row }) => row);
  return {
    date: new Date().toISOString(),
    versions: Object.fromEntries(versions),
    rows,
    overlap,
    workers,
    insides,
    ...context,
  };
}
