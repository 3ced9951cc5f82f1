import { Command } from 'commander';
import { COMMANDS, unknownCommand } from './assert-command.ts';
import { createRunCommand } from './run/run-command.ts';
import { createCompletionsCommand } from './completions/completions-command.ts';
import { createCompareCommand } from './compare/compare-command.ts';
import { createServeCommand } from './serve/serve-command.ts';
import { type HelpItem, HelpWriter } from './options/help-writer.ts';
import type { GivenFlags } from './options/read-settings.ts';
import type { Terminal } from './terminal.ts';

/** What the commands do. */
export interface Commands {
  serve(file: string, flags: GivenFlags): Promise<void>;
  run(file: string, args: readonly string[], flags: GivenFlags): Promise<void>;
  inspect(file: string, format: 'text' | 'json'): Promise<void>;
  compare(file: string, flags: GivenFlags): Promise<void>;
}

/** Help wraps to the terminal's width; commander by itself does not wrap descriptions into a column narrower than 40. */
const MIN_HELP_COLUMNS = 24;

const EXAMPLES: readonly HelpItem[] = [
  { name: 'wasi-serve app.wasm', help: 'serve app.wasm on http://127.0.0.1:8080/' },
  { name: 'wasi-serve run tool.wasm ARGS', help: 'run tool.wasm, a component of wasi:cli/command, as a program' },
  { name: 'wasi-serve inspect app.wasm', help: 'show what it imports, and whether it can be served' },
  { name: "wasi-serve compare app.wasm --with 'wasmtime serve'", help: 'show what differs, and which is faster' },
];

/** The command line: what it accepts, its help and its error messages. It throws `CommanderError` when commander would exit. */
export function createProgram(version: string, commands: Commands, { stdout, stderr }: Terminal): Command {
  const inspect = new Command('inspect')
    .description('show what a component imports and exports, and whether it can be served')
    .argument('<file>', 'the component')
    .option('--json', 'print JSON')
    .helpOption('-h, --help', 'show this help')
    .action((file: string, { json }: { json?: true }) => commands.inspect(file, json === true ? 'json' : 'text'));
  const program: Command = new Command('wasi-serve')
    .description(
      'Serves WebAssembly components that implement wasi:http/proxy, with an isolated instance for each request.',
    )
    .usage('[serve] <file> [options]')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    // What follows the file of `run` is not for us.
    .enablePositionalOptions()
    .addHelpText('after', () => writeExamples(program))
    .addCommand(
      createServeCommand((file, flags) => commands.serve(file, flags)),
      { isDefault: true },
    )
    .addCommand(createRunCommand((file, args, flags) => commands.run(file, args, flags)))
    .addCommand(inspect)
    .addCommand(createCompareCommand((file, flags) => commands.compare(file, flags)))
    .addCommand(
      createCompletionsCommand(
        () => program,
        (text) => stdout.write(text),
      ),
    );
  program.addCommand(createHelpCommand(program));
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .version(version, '-V, --version', 'show the version')
      .configureHelp({ ...command.configureHelp(), minWidthToWrap: MIN_HELP_COLUMNS })
      .showHelpAfterError(`(see ${command === program ? '' : 'wasi-serve '}${command.name()} --help)`)
      .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
  }
  return program;
}

function writeExamples(program: Command): string {
  const examples = new HelpWriter(program).items(EXAMPLES);
  return `\nExamples:\n${examples}\n\nOptions of serve: wasi-serve serve --help`;
}

/** `help` and `help COMMAND`. Commander's own takes a name that it does not know for no name. */
function createHelpCommand(program: Command): Command {
  return new Command('help')
    .description('show this help, or that of a command')
    .argument('[command]', COMMANDS.join(', '))
    .helpOption('-h, --help', 'show this help')
    .action((name?: string) => {
      const command = name === undefined ? program : program.commands.find((one) => one.name() === name);
      if (command === undefined) throw unknownCommand(`${name}`);
      command.outputHelp();
    });
}
