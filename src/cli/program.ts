import { Command } from 'commander';
import { createServeCommand } from './serve/serve-command.ts';
import type { ServeFlags } from './serve/serve-flags.ts';
import type { Terminal } from './terminal.ts';

/** What the commands do. */
export interface Commands {
  serve(file: string, flags: ServeFlags): Promise<void>;
  inspect(file: string, format: 'text' | 'json'): Promise<void>;
}

const EXAMPLES = `
Examples:
  wasi-serve app.wasm                 serves app.wasm on http://127.0.0.1:8080/
  wasi-serve inspect app.wasm         tells what it imports, and whether it can be served

The options of serve: wasi-serve serve --help`;

/** The command line: what it accepts, its help, its complaints. It throws `CommanderError` where commander would exit. */
export function createProgram(version: string, commands: Commands, { stdout, stderr }: Terminal): Command {
  const inspect = new Command('inspect')
    .description('tell what a component imports and exports, and whether it can be served')
    .argument('<file>', 'a component')
    .option('--json', 'as JSON')
    .helpOption('-h, --help', 'this text')
    .action((file: string, { json }: { json?: true }) => commands.inspect(file, json === true ? 'json' : 'text'));
  const program = new Command('wasi-serve')
    .description('Serves WebAssembly components that implement wasi:http/proxy, one isolated instance a request.')
    .usage('[serve] <file> [options]')
    .version(version, '-V, --version', 'the version')
    .helpOption('-h, --help', 'this text')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
    .addCommand(
      createServeCommand((file, flags) => commands.serve(file, flags)),
      { isDefault: true },
    )
    .addCommand(inspect);
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showHelpAfterError(`(see ${command === program ? '' : 'wasi-serve '}${command.name()} --help)`)
      .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
  }
  return program;
}
