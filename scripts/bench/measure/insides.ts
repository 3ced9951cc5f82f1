import type { Bench } from './attempt.ts';
import type { Insides, ResetRow } from '../report/results.ts';

/** For the time shown. */
export const INSIDES_SECONDS = 340;

/** Measures in processes of their own, on the server's core, what no client sees. Throws where one fails. */
export async function measureInsides(bench: Bench, insides: Insides): Promise<void> {
  for (const line of await printedBy(bench, 'resets.ts')) insides.resets.push(JSON.parse(line) as ResetRow);
  insides.density.push(...(await printedBy(bench, 'density.ts')));
  bench.progress.spend(INSIDES_SECONDS);
}

/** The lines that a script of `inside/` prints. */
async function printedBy({ site, progress }: Bench, script: string): Promise<string[]> {
  progress.begin(`inside the host: ${script}`);
  const command = { file: process.execPath, args: [`scripts/bench/inside/${script}`] };
  await using child = site.processes.start(site.pinning.pinServer(command, 1));
  const aborted = new Promise<void>((resolve) => {
    site.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([child.closed, aborted]);
  progress.end(site.signal.aborted ? 'interrupted' : (child.end ?? 'done'));
  site.signal.throwIfAborted();
  if (!child.succeeded) throw new Error(`${script}: ${child.end}`);
  return child.stdout.split('\n').filter((line) => line !== '');
}
