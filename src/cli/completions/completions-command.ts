import { Argument, Command } from 'commander';
import { describeCommands } from './described-command.ts';
import { SHELLS, type Shell, writeCompletions } from './shells.ts';

const EXAMPLES = `
Put it where the shell finds it when it starts.

Examples:
  source <(wasi-serve completions bash)
  wasi-serve completions zsh > "\${fpath[1]}/_wasi-serve"
  wasi-serve completions fish > ~/.config/fish/completions/wasi-serve.fish`;

/** The command `completions SHELL`, which writes a script that has the shell complete the commands and options of `program`. */
export function createCompletionsCommand(program: () => Command, write: (text: string) => void): Command {
  return new Command('completions')
    .description('print a script that has a shell complete commands and options')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
    .helpOption('-h, --help', 'show this help')
    .action((shell: Shell) => write(writeCompletions(shell, describeCommands(program()))));
}
