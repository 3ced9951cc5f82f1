import { run } from './run.ts';
import { createTerminal } from './terminal.ts';

/** Runs the command that `args` names in the terminal of this process, whose environment was `env`, then ends the process. */
export async function runProcess(args: readonly string[], env: NodeJS.ProcessEnv): Promise<never> {
  const terminal = createTerminal(env);
  process.on('uncaughtException', (error) => terminal.bugs.report(error));
  process.exit(await run(args, terminal));
}
