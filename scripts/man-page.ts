// Writes the manual of the command line, from the table of options: `node scripts/man-page.ts FILE`.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  type DescribedCommand,
  type DescribedOption,
  describeCommands,
} from '../src/cli/completions/described-command.ts';
import { type Commands, createProgram } from '../src/cli/program.ts';
import { readVersion } from '../src/cli/read-version.ts';
import { createTerminal } from '../src/cli/terminal.ts';

/** The manual in the language of man(7). */
function toManPage(commands: readonly DescribedCommand[], version: string): string {
  const lines = [
    `.TH WASI-SERVE 1 "" "wasi-serve ${version}"`,
    '.SH NAME',
    toText('wasi-serve - serves WebAssembly components that implement wasi:http/proxy'),
    '.SH SYNOPSIS',
    ...commands.flatMap(toSynopsis),
    '.SH DESCRIPTION',
    toText(
      'Serves a component over HTTP, with an isolated instance for each request. Without a command, wasi-serve serves. Options of serve and run have environment variables too, WASI_SERVE_ADDR for --addr.',
    ),
    ...commands.flatMap(toSection),
    '.SH EXIT STATUS',
    toText(
      '0 after a clean end, 1 if it cannot serve, 2 for options that are wrong. run exits as its program does, with 134 if that traps.',
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function toSynopsis({ name, operands }: DescribedCommand): string[] {
  return ['.PP', `.B wasi\\-serve ${toText(name)}`, `${toText(operands)} [options]`];
}

function toSection({ name, help, options }: DescribedCommand): string[] {
  const groups = Map.groupBy(options, ({ group }) => group);
  return [
    `.SH ${toText(name.toUpperCase())}`,
    toText(help),
    ...Array.from(groups).flatMap(([group, members]) => [`.SS ${toText(group)}`, ...members.flatMap(toParagraph)]),
  ];
}

function toParagraph({ names, placeholder, help }: DescribedOption): string[] {
  const value = placeholder === '' ? '' : ` \\fI${toText(placeholder)}\\fR`;
  return ['.TP', `${names.map((name) => `\\fB${toText(name)}\\fR`).join(', ')}${value}`, toText(help)];
}

/** Text that the language takes as it is. */
function toText(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/[^\x20-\x7E]/gu, (char) => `\\[u${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`);
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

/** The manual of this version. */
export function readManPage(): string {
  const version = readVersion();
  return toManPage(describeCommands(createProgram(version, NONE, createTerminal())), version);
}

const onlyDescribed = (): Promise<never> => Promise.reject(new Error('the program is only described'));

/** No command is run. */
const NONE: Commands = { serve: onlyDescribed, run: onlyDescribed, inspect: onlyDescribed, compare: onlyDescribed };

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(process.argv[2] ?? 'dist/wasi-serve.1', readManPage());
}
