import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender } from '../servers/contenders.ts';
import type { Guest } from '../servers/guests.ts';
import type { LoadGenerator } from '../load/load.ts';
import type { Options } from '../options.ts';
import { messageOf } from '../../../src/compare/machine/processes.ts';
import type { Progress } from './progress.ts';
import { type Server, startServer } from '../servers/server.ts';
import type { Site } from '../../../src/compare/machine/site.ts';

/** A run under way. */
export interface Bench {
  readonly site: Site;
  readonly load: LoadGenerator;
  readonly options: Options;
  readonly progress: Progress;
}

/** One piece of work and its planned time. Returns what to tell of its result. */
export interface Step {
  /** What it is about, of a row that says so itself. */
  readonly subject: string;
  /** Which work on it, as a failure of the row tells. */
  readonly what: string;
  readonly seconds: number;
  work(): Promise<string>;
}

/** What a failure of a row is written to: it ends this row only. */
export interface Failing {
  failure?: string;
}

/** So that what a start or a load leaves to be done later does not count as something else. */
export const SETTLE_MS = 500;

/** Does a step unless its row has failed before; `server` may tell why it fails. Throws only when aborted. */
export async function attempt({ progress, site }: Bench, row: Failing, step: Step, server?: Server): Promise<void> {
  if (row.failure === undefined) {
    progress.begin(`${step.subject}, ${step.what}`);
    try {
      progress.end(await step.work());
    } catch (error) {
      const reason = (await endOf(server)) ?? messageOf(error);
      progress.end(site.signal.aborted ? 'interrupted' : `FAILED: ${reason}`);
      site.signal.throwIfAborted();
      row.failure = `${step.what}: ${reason}`;
    }
  }
  progress.spend(step.seconds);
}

/** How a server came to its end, if it did: the load generator sees that first. */
async function endOf(server: Server | undefined): Promise<string | undefined> {
  if (server === undefined) return undefined;
  await Promise.race([server.child.closed, sleep(SETTLE_MS)]);
  return server.child.end && `the server ${server.child.end}`;
}

/** A row of a column: one contender with one guest, and a sample for each round. */
export interface Trial<Sample> extends Failing {
  readonly contender: Contender;
  readonly samples: Sample[];
}

/** How a trial is measured. */
export interface TrialPlan<Sample> {
  readonly title: string;
  readonly guest: Guest;
  /** What serves, if it has more flags than the contender of the row. */
  readonly contender: Contender;
  /** Of one sample, for the time shown. */
  readonly seconds: number;
  /** Measures a server that has been started for this trial and is its own in all rounds. */
  sample(server: Server): Promise<Sample>;
  describe(sample: Sample): string;
  /** Work before the first round, and how long it takes. */
  warmUp(server: Server): Promise<unknown>;
  readonly warmUpSeconds: number;
}

/** For the time shown. */
export function planTrialSeconds<Sample>({ options }: Bench, plan: TrialPlan<Sample>): number {
  return plan.guest.startSeconds + plan.warmUpSeconds + options.rounds * plan.seconds;
}

/** Measures some trials in turns, in rounds. Throws only when aborted. */
export async function measureTrials<Sample, Row extends Trial<Sample>>(
  bench: Bench,
  trials: readonly Row[],
  planOf: (trial: Row) => TrialPlan<Sample>,
): Promise<void> {
  await using servers = new AsyncDisposableStack();
  const running = new Map<Row, Server>();
  for (const trial of trials) {
    const { title, guest, contender, warmUp, warmUpSeconds } = planOf(trial);
    const work = async (): Promise<string> => {
      const cacheFolder = bench.site.createFolder('cache');
      const server = servers.use(await startServer(bench.site, { contender, guest, cacheFolder }));
      running.set(trial, server);
      await warmUp(server);
      return 'ready';
    };
    await attempt(bench, trial, {
      subject: `${title}, ${trial.contender.name}`,
      what: 'start',
      seconds: guest.startSeconds + warmUpSeconds,
      work,
    });
  }
  for (let round = 1; round <= bench.options.rounds; round++) {
    for (const [trial, server] of running) {
      const { title, seconds, sample, describe } = planOf(trial);
      const subject = `${title}, ${trial.contender.name}`;
      const what = `round ${round} of ${bench.options.rounds}`;
      const work = async (): Promise<string> => {
        const found = await sample(server);
        trial.samples.push(found);
        return describe(found);
      };
      await attempt(bench, trial, { subject, what, seconds, work }, server);
    }
  }
}
