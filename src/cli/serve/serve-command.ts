import { Command } from 'commander';
import { type NamedOption, listOptions } from '../../config/named-option.ts';
import { addFlags } from '../options/add-flags.ts';
import { HelpWriter } from '../options/help-writer.ts';
import { listLimits } from '../options/limit-flags.ts';
import type { GivenFlags } from '../options/read-settings.ts';

const EXAMPLES = `
Examples:
  wasi-serve app.wasm --addr 0.0.0.0:8080 --env LOG=debug
  wasi-serve app.wasm -W timeout=5s --max-concurrent-requests 100
`;

const MORE = 'Each option has an environment variable too: WASI_SERVE_ADDR for --addr. All are in docs/options.md.';

/** The command `serve FILE` with its options, which `run` receives as given. */
export function createServeCommand(run: (file: string, flags: GivenFlags) => Promise<void>): Command {
  const named = listOptions().filter(({ owner }) => owner !== 'compare');
  const command: Command = new Command('serve')
    .description('serve a component over HTTP (the default command)')
    .argument('<file>', 'a component that implements wasi:http/proxy')
    .addHelpText('after', () => writeAfterOptions(command, named))
    .helpOption('-h, --help', 'show this help');
  const given = addFlags(command, named);
  return command.action((file: string) => run(file, given()));
}

function writeAfterOptions(command: Command, options: readonly NamedOption[]): string {
  const writer = new HelpWriter(command);
  return `\nLimits on guests, by default:\n${writer.items(listLimits(options))}\n${EXAMPLES}\n${writer.paragraph(MORE)}`;
}
