import { Command } from 'commander';
import { listOptions } from '../../config/named-option.ts';
import { addPlainFlags } from '../options/add-flags.ts';
import type { GivenFlags } from '../options/read-settings.ts';

const EXAMPLES = `
Examples:
  wasi-serve compare app.wasm --with 'wasmtime serve'
  wasi-serve compare app.wasm --with 'wasmtime serve' --flags '--env LOG=debug' --report out.html
  wasi-serve compare app.wasm --with 'node server.js {file} {addr}' --seconds 0 --fail-on difference

Exits with 0, with 1 if a server cannot be compared or --fail-on or --min-ratio say so, with 2 if the command line is wrong.`;

/** The command `compare FILE --with COMMAND` with its options, which `run` receives as given. */
export function createCompareCommand(run: (file: string, flags: GivenFlags) => Promise<void>): Command {
  const command: Command = new Command('compare')
    .description('compare with another server: replies to the same requests, then speed, memory and starts')
    .argument('<file>', 'a component that both serve')
    .addHelpText('after', EXAMPLES)
    .helpOption('-h, --help', 'show this help');
  const given = addPlainFlags(
    command,
    listOptions().filter(({ owner }) => owner === 'compare'),
  );
  return command.action((file: string) => run(file, given()));
}
