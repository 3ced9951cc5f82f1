import type { Command } from 'commander';

/** An option as shells and the manual show it. */
export interface DescribedOption {
  /** `-H`, `--header`; at least one. */
  readonly names: readonly string[];
  /** `<value>`; empty for a switch. */
  readonly placeholder: string;
  readonly help: string;
  readonly group: string;
}

/** A command with its options, as shells and the manual show it. */
export interface DescribedCommand {
  readonly name: string;
  readonly help: string;
  /** What follows the name: `<file> [args...]`. */
  readonly operands: string;
  readonly options: readonly DescribedOption[];
}

/** The commands of a program, without those that are hidden. */
export function describeCommands(program: Command): readonly DescribedCommand[] {
  return program.commands.map((command) => ({
    name: command.name(),
    help: command.description(),
    operands: command.registeredArguments.map(toOperand).join(' '),
    options: command.createHelp().visibleOptions(command).map(toOption),
  }));
}

function toOperand(argument: Command['registeredArguments'][number]): string {
  const text = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${text}>` : `[${text}]`;
}

function toOption(option: Command['options'][number]): DescribedOption {
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    placeholder: /[<[].*$/.exec(option.flags)?.[0] ?? '',
    help: option.description,
    group: (option.helpGroupHeading ?? 'Other:').replace(/:$/, ''),
  };
}
