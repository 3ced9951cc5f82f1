import type { Command } from './processes.ts';

/** What starts this program again, from sources, from the package or as an executable, with other arguments. */
export function selfCommand(args: readonly string[]): Command {
  const [, entry = ''] = process.argv;
  return { file: process.execPath, args: [...process.execArgv, entry, ...args] };
}
