// Writes docs/options.md from the table of options: `node scripts/options-page.ts`. A test says when it is to be written again.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  type NamedOption,
  type OwnerName,
  describeDefault,
  listOptions,
  toArgument,
  toVariable,
} from '../src/config/named-option.ts';

export const OPTIONS_PAGE = `${import.meta.dirname}/../docs/options.md`;

/** The parts of the page, in order. */
const SECTIONS: readonly { readonly owner: OwnerName; readonly title: string; readonly text: string }[] = [
  {
    owner: 'command',
    title: 'The process',
    text:
      'Options of `wasi-serve serve` alone. In JavaScript, where a process has other things to do, they are calls: `host.listen(address)` for `--addr`; ' +
      '`listenAdmin(metrics, address)` with `createMetrics()` for `--admin-addr`, since one port tells of all hosts; `host.close()` for `--shutdown-addr`; ' +
      '`createTextLog` or `createJsonLog` as the log of `createHost` for `--log-format`. Workers and ' +
      '`--stall-timeout` are about a process of its own, and left to the command.',
  },
  {
    owner: 'compare',
    title: 'Comparing',
    text: 'Options of `wasi-serve compare` alone: [compare](compare.md).',
  },
  {
    owner: 'host',
    title: 'The host',
    text: 'What all components, routes and ports share: `createHost(options)`.',
  },
  {
    owner: 'listener',
    title: 'A port and its clients',
    text: '`host.listen(address, options)`; what is left out is as in the options of `createHost`.',
  },
  {
    owner: 'component',
    title: 'A component and its requests',
    text: '`host.mount(route, component, options)`, or `createHost(component, options)` for a component that answers everything.',
  },
  {
    owner: 'load',
    title: 'Loading a component',
    text: '`loadComponent(file, options)`. `component(file, options)`, the handler for Hono, takes all options but those of the process.',
  },
];

const INTRODUCTION = `# Options

<!-- Written by scripts/options-page.ts from src/config: change it there. -->

An option has up to four spellings, with the same values, checks and messages: a flag of \`wasi-serve serve\`, an environment variable, wasmtime's \`-S\`, \`-W\` or
\`-C\`, and a field of an object in JavaScript. Flags win over environment variables, which win over defaults. In JavaScript \`undefined\` means the default.
Whatever is unknown or wrong is an error that says what to write instead: exit code 2, or a \`HostError\` with the code \`bad-argument\`.

| kind | in text | in JavaScript |
|---|---|---|
| size | \`16KiB\`, \`10MB\`, or a number of bytes | a number of bytes |
| duration | \`500ms\`, \`30s\`, \`2m\`, \`1h\`, or a number of seconds | a number of milliseconds |
| count | a whole number | a number |
| choice | one of the words | the same words as strings |
| switch | the flag alone; \`y\` or \`n\` in a variable and after wasmtime's | one of two words |
| address | \`HOST:PORT\`, \`[IPV6]:PORT\`, \`:PORT\` | \`{ hostname, port }\` |
| variables, fields, list | the flag several times; a line each in a variable, for patterns also commas | an object, pairs, an array |

All options of \`wasmtime serve\` and \`wasmtime run\` of version 50 are taken. Those that have no effect here are named in one line at the start. \`--config FILE\` is wasmtime's file of options, in TOML:
tables \`wasi\`, \`wasm\`, \`codegen\`, \`optimize\` and \`debug\` with what \`-S\`, \`-W\`, \`-C\`, \`-O\` and \`-D\` take, which win over them.

\`wasi-serve completions bash\` (or \`zsh\`, \`fish\`) prints a script that has the shell complete commands and options; the package has a manual, \`man wasi-serve\` where npm installs it globally.

A variable that is empty counts as not set. Those that Kubernetes sets for a service called \`wasi-serve\` are left alone.
`;

export function toOptionsPage(): string {
  const options = listOptions().filter(({ option }) => option.isHidden !== true);
  const sections = SECTIONS.map(({ owner, title, text }) => {
    const owned = options.filter((named) => named.owner === owner);
    const limits = owned.filter(({ isLimit }) => isLimit);
    const table = toTable(owned.filter(({ isLimit }) => !isLimit));
    const more = limits.length === 0 ? '' : `\nLimits, in JavaScript fields of \`limits\`:\n\n${toTable(limits)}`;
    return `## ${title}\n\n${text}\n\n${table}${more}`;
  });
  return [INTRODUCTION, ...sections].join('\n');
}

function toTable(options: readonly NamedOption[]): string {
  const rows = options.map((named) => {
    const cells = [toFlag(named), toField(named), toCode(toVariable(named)), toDefault(named), named.option.help];
    return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |\n`;
  });
  return `| flag | JavaScript | variable | default | what it does |\n|---|---|---|---|---|\n${rows.join('')}`;
}

function toFlag(named: NamedOption): string {
  const { option } = named;
  const { placeholder } = option.kind;
  const argument = toArgument(named);
  if (argument === undefined) return '';
  const value = named.isLimit || option.flag === undefined ? placeholder || 'y' : placeholder;
  const ours = toCode(`${option.short === undefined ? '' : `-${option.short}, `}${argument}${value}`.trim());
  return option.wasmtime === undefined || !named.isLimit ? ours : `${ours}, ${toCode(`-${option.wasmtime}=${value}`)}`;
}

function toField({ owner, key, option }: NamedOption): string {
  return owner === 'command' || owner === 'compare' ? '' : `${toCode(key)}: ${option.kind.type}`;
}

function toDefault(named: NamedOption): string {
  const { option } = named;
  const text = option.kind.name === 'switch' ? describeOff(named) : describeDefault(named);
  if (text === undefined) return 'none';
  return option.otherwise === undefined ? toCode(text) : text;
}

/** Of a switch: its flag is not given; or the word for that in JavaScript, if it has none. */
function describeOff(named: NamedOption): string {
  return named.option.otherwise ?? (toArgument(named) === undefined ? String(named.option.default) : 'off');
}

function toCode(text: string | undefined): string {
  return text === undefined ? '' : `\`${text}\``;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(OPTIONS_PAGE, toOptionsPage());
