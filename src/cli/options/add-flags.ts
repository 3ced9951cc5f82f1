import { type Command, CommanderError, Option } from 'commander';
import { type NamedOption, appendDefault } from '../../config/named-option.ts';
import { GROUPS, type Group } from '../../config/option.ts';
import { HelpWriter } from './help-writer.ts';
import type { GivenFlags } from './read-settings.ts';
import { describeGroup } from './wasmtime-flags.ts';
import { IGNORED_FLAGS, type WasmtimeGroup } from './wasmtime-names.ts';

/** A flag for several options: wasmtime's groups, and the limits. */
interface Umbrella {
  readonly flags: string;
  readonly group: Group;
  readonly help: string;
  readonly isHidden?: true;
}

const WASMTIME_FLAGS: Readonly<Record<WasmtimeGroup, Umbrella>> = {
  S: {
    flags: '-S, --wasi <key=value,…>',
    group: 'Guest',
    help: 'as in wasmtime; inherit-env passes all environment variables of this process; -S help lists all',
  },
  W: {
    flags: '-W, --wasm <key=value,…>',
    group: 'Limits',
    help: 'as in wasmtime; timeout=5s limits the time of a guest, max-memory-size=1GiB its memory; -W help lists all',
  },
  C: {
    flags: '-C, --codegen <key=value,…>',
    group: 'Engine',
    help: 'as in wasmtime; cache=DIR or cache=no; -C help lists all',
  },
  O: { flags: '-O, --optimize <key=value,…>', group: 'Engine', help: 'as in wasmtime: without effect', isHidden: true },
  D: {
    flags: '-D, --debug <key=value,…>',
    group: 'Engine',
    help: 'as in wasmtime; guest-debug lets debuggers find the source of guests; -D help lists all',
  },
  R: { flags: '-R, --record <key=value,…>', group: 'Engine', help: 'as in wasmtime: without effect', isHidden: true },
};

const LIMIT_FLAG: Umbrella = {
  flags: '--limit <name=value>',
  group: 'Limits',
  help: 'limit on guests; the names are listed below',
};

/** Adds the flags of options to a command. Returns a function that gives those that were given, once the command has been parsed. */
export function addFlags(command: Command, named: readonly NamedOption[]): () => GivenFlags {
  const flags = toFlags(named);
  const groups = (Object.keys(WASMTIME_FLAGS) as WasmtimeGroup[]).map((group) => ({
    group,
    option: toUmbrella(WASMTIME_FLAGS[group]).argParser(helpOr(() => writeGroup(command, group, named))),
  }));
  const limit = toUmbrella(LIMIT_FLAG).argParser(collect);
  const ignored = IGNORED_FLAGS.filter((one) => one.command === 'both' || one.command === command.name()).map(
    toIgnored,
  );
  for (const { option } of inOrder([...flags, ...groups, { option: limit }])) command.addOption(option);
  // Last: the help has groups in the order of their first options.
  for (const option of ignored) command.addOption(option);
  return () => ({
    flags: textsOfGiven(command, flags),
    limits: textsOf(command, limit),
    ignored: ignored.filter((option) => isGiven(command, option)).map(({ long }) => long ?? ''),
    wasmtime: Object.fromEntries(
      groups.map(({ group, option }) => [group, textsOf(command, option)]),
    ) as GivenFlags['wasmtime'],
  });
}

/** As `addFlags`, for a command that has neither limits on guests nor wasmtime's groups. */
export function addPlainFlags(command: Command, named: readonly NamedOption[]): () => GivenFlags {
  const flags = toFlags(named);
  for (const { option } of inOrder(flags)) command.addOption(option);
  const none = { S: [], W: [], C: [], O: [], D: [], R: [] };
  return () => ({ flags: textsOfGiven(command, flags), limits: [], ignored: [], wasmtime: none });
}

function toIgnored({ flags }: (typeof IGNORED_FLAGS)[number]): Option {
  return new Option(flags, 'as in wasmtime: without effect').helpGroup('Engine:').hideHelp();
}

/** An option of the table as commander has it. */
interface Flag {
  readonly one: NamedOption;
  readonly option: Option;
}

function toFlags(named: readonly NamedOption[]): Flag[] {
  return named.flatMap((one) => {
    const { flag, wasmtimeFlag, kind } = one.option;
    if (flag === undefined) return [];
    const same = new Option(`--${wasmtimeFlag} ${kind.placeholder}`.trimEnd()).hideHelp();
    return [{ one, option: toFlag(one) }, ...(wasmtimeFlag === undefined ? [] : [{ one, option: same }])];
  });
}

function textsOfGiven(command: Command, flags: readonly Flag[]): GivenFlags['flags'] {
  const given = flags.filter(({ option }) => isGiven(command, option));
  return new Map(given.map(({ one, option }) => [one.option.flag ?? '', textsOf(command, option)]));
}

function textsOf(command: Command, option: Option): readonly string[] {
  return toTexts(command.getOptionValue(option.attributeName()));
}

function toFlag(named: NamedOption): Option {
  const { flag, short, help, isHidden, group, kind } = named.option;
  const names = short === undefined ? `--${flag}` : `-${short}, --${flag}`;
  const hint = kind.placeholder === '' ? '' : appendDefault(named);
  const option = new Option(`${names} ${kind.placeholder}`.trimEnd(), `${help}${hint}`).helpGroup(`${group}:`);
  if (kind.isList) option.argParser(collect);
  return isHidden === true ? option.hideHelp() : option;
}

function toUmbrella({ flags, group, help, isHidden }: Umbrella): Option {
  const option = new Option(flags, help).helpGroup(`${group}:`);
  return isHidden === true ? option.hideHelp() : option;
}

/** Orders flags by the groups of the help; flags for several options come last in a group. */
function inOrder(flags: readonly { readonly option: Option }[]): { readonly option: Option }[] {
  return flags.toSorted((one, other) => rankOf(one.option) - rankOf(other.option));
}

function rankOf({ helpGroupHeading }: Option): number {
  return GROUPS.findIndex((group) => `${group}:` === helpGroupHeading);
}

/** Commander gives `--no-x` a default. */
function isGiven(command: Command, option: Option): boolean {
  return command.getOptionValueSource(option.attributeName()) === 'cli';
}

/** Commander's value as texts: a flag without a value means yes. */
function toTexts(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value as string[];
  if (value === undefined) return [];
  return [typeof value === 'string' ? value : 'y'];
}

/** An option that may be given several times: all its texts, in order. */
function collect(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}

/** Like `collect`, except that the text `help` prints help. */
function helpOr(writeHelp: () => never): typeof collect {
  return (text, previous) => (text === 'help' ? writeHelp() : collect(text, previous));
}

function writeGroup(command: Command, group: WasmtimeGroup, options: readonly NamedOption[]): never {
  const { ours, notes } = describeGroup(group, options);
  const writer = new HelpWriter(command);
  const paragraphs = [writer.items(ours), ...notes.map((note) => writer.paragraph(note))].filter(Boolean);
  command.configureOutput().writeOut?.(`${paragraphs.join('\n\n')}\n`);
  throw new CommanderError(0, 'commander.helpDisplayed', `-${group} help`);
}
