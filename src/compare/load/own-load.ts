import type { Command } from '../machine/processes.ts';
import type { Site } from '../machine/site.ts';
import type { LoadJob, OwnSample } from './load-job.ts';

/** Runs a job in a process of its own, on the load's core. `program` starts one that calls `runLoad` with the job that is its last argument. */
export async function runOwnLoad(
  { processes, pinning, signal }: Site,
  program: Command,
  job: LoadJob,
): Promise<OwnSample> {
  const command = { ...program, args: [...program.args, JSON.stringify(job)] };
  return JSON.parse(await processes.run(pinning.pinLoad(command), signal)) as OwnSample;
}
