import { run } from './run.ts';
import { createTerminal } from './terminal.ts';

/** Runs the command that `args` names in the terminal of this process, then ends the process. */
export async function runProcess(args: readonly string[]): Promise<never> {
  const terminal = createTerminal();
  process.on('uncaughtException', (error) => terminal.bugs.report(error));
  process.exit(await run(args, terminal));
}
