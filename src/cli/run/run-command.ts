import { basename } from 'node:path';
import { Command } from 'commander';
import { type NamedOption, listOptions } from '../../config/named-option.ts';
import { addFlags } from '../options/add-flags.ts';
import { HelpWriter } from '../options/help-writer.ts';
import { listLimits } from '../options/limit-flags.ts';
import type { GivenFlags } from '../options/read-settings.ts';
import { NO_TIME_LIMITS } from '../options/no-time-limits.ts';

const EXAMPLES = `
Examples:
  wasi-serve run tool.wasm --verbose input.txt
  cat input.txt | wasi-serve run --env LOG=debug tool.wasm

Exits as the program does: with 0 or 1, or what it exits with; with 134 if it traps.`;

/** Options of components that are about requests. */
const FOR_REQUESTS: ReadonlySet<string> = new Set([
  'requestHeaders',
  'minSpares',
  'maxInstanceReuseCount',
  'idleInstanceTimeoutMs',
  'graceMs',
  'loggingPrefix',
  'errorDetail',
  'isolation',
  'maxOutputBytes',
]);

/** The command `run FILE [ARGS]` with its options, which `run` receives as given. What follows the file is for the program. */
export function createRunCommand(
  run: (file: string, args: readonly string[], flags: GivenFlags) => Promise<void>,
): Command {
  const named = listOptions().filter(isForPrograms).map(withoutTimeLimit);
  const command: Command = new Command('run')
    .description('run a component as a program')
    .argument('<file>', 'a component that implements wasi:cli/command')
    .argument('[args...]', 'what the program gets')
    .passThroughOptions()
    .option('--argv0 <name>', "what the program gets as its own name (default: the file's)")
    .addHelpText('after', () => writeAfterOptions(command, named))
    .helpOption('-h, --help', 'show this help');
  const given = addFlags(command, named);
  return command.action((file: string, args: readonly string[], { argv0 = basename(file) }: { argv0?: string }) =>
    run(file, [argv0, ...args], given()),
  );
}

function isForPrograms({ owner, key }: NamedOption): boolean {
  const isOfComponent = owner === 'component' || owner === 'load';
  return isOfComponent ? !FOR_REQUESTS.has(key) : key === 'inheritEnv' || key === 'config' || key === 'profile';
}

/** A program may take as long as it likes, unless it is given a limit. */
function withoutTimeLimit(named: NamedOption): NamedOption {
  return Object.hasOwn(NO_TIME_LIMITS, named.key) ? { ...named, option: { ...named.option, default: 0 } } : named;
}

function writeAfterOptions(command: Command, options: readonly NamedOption[]): string {
  return `\nLimits, by default:\n${new HelpWriter(command).items(listLimits(options))}\n${EXAMPLES}`;
}
