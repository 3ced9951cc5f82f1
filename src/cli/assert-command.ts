import { existsSync } from 'node:fs';
import { HostError } from '../util/host-error.ts';
import { suggest } from '../util/suggest.ts';

/** The commands by name. What is none of them is the file for `serve`. */
export const COMMANDS = ['serve', 'run', 'inspect', 'compare', 'completions', 'help'] as const;

/** Throws `HostError` if the first argument looks like a misspelt command rather than a file. */
export function assertCommand(args: readonly string[]): void {
  const [first = ''] = args;
  if (first.startsWith('-') || COMMANDS.some((name) => name === first)) return;
  const hint = suggest(first, COMMANDS);
  if (hint !== '' && !existsSync(first)) throw new HostError('bad-argument', `unknown command '${first}'${hint}`);
}

/** The error for `help X`, if there is no command `X`. */
export function unknownCommand(name: string): HostError {
  const hint = suggest(name, COMMANDS) || `: there are ${COMMANDS.join(', ')}`;
  return new HostError('bad-argument', `unknown command '${name}'${hint}`);
}
