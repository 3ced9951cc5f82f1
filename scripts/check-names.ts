// Whether files are found by their names: each file of src/ has the name of one of its exports, and a short one is shared by others. The two tables
// below are the only places that excuse a file.
import { basename } from 'node:path';
import { type SourceModule, readSourceModules } from './source-modules.ts';

/** Files that are named otherwise, and why. */
const NAMED_OTHERWISE: Readonly<Record<string, string>> = {
  'abi/layout.ts': 'a set of functions on one subject: sizes, alignments and offsets',
  'abi/numbers.ts': 'a set of functions on one subject',
  'abi/shape.ts': "a set of functions on one subject: the shape of JavaScript's values",
  'bin.ts': 'an entry point',
  'cli/stall/stall-thread.ts': 'what a thread runs',
  'cli/workers/messages.ts': 'the types of messages between processes',
  'compare/numbers.ts': 'a set of functions on one subject: medians, quartiles, noise',
  'component/transpile-thread.ts': 'what a thread runs',
  'component/validate/core-types.ts': 'the types of core modules and of what they import and export',
  'component/validate/define-type.ts': 'the ways to define a type: defineValue, defineFunc, defineResource',
  'component/validate/extern.ts':
    "a set of functions on one subject, with the specification's word for imports and exports",
  'http/syntax.ts': 'a set of functions on one subject: the grammar of RFC 9110',
  'index.ts': 'an entry point',
  'main.ts': 'an entry point',
  'outbound/special-addresses.ts': 'named after the registries of IANA that it holds',
  'rewriter/analyse/costs.ts': 'a set of tables on one subject: what each instruction costs',
  'rewriter/layout.ts': 'a set of constants on one subject: where cards, sizes and reserved names are',
  'state/keyvalue/sqlite-thread.ts': 'what a thread runs',
  'wasi/cli/stdio.ts': 'named after its WIT file',
  'wasi/filesystem/system-calls.ts': 'a set of functions on one subject',
  'wasi/param-types.ts': 'a set of functions on one subject',
  'wasm/opcodes.ts': 'a set of tables on one subject',
  'wasm/refusal.ts': 'a set of functions on one subject: errors for modules that are refused',
};

/** Short files that nobody shares, and why. A whole folder ends with `/`. */
const SHORT: Readonly<Record<string, string>> = {
  'cli/collect-less.ts': 'tested by itself',
  'cli/inspect/inspect.ts': 'loaded when the command is run',
  'cli/read-version.ts': 'the build replaces it',
  'cli/run-process.ts': 'loaded when compiled code is kept',
  'cli/stall/stall-line.ts': 'loaded when the process is about to end',
  'cli/workers/backoff.ts': 'tested by itself',
  'cli/workers/whole-lines.ts': 'tested by itself',
  'config/kinds/': 'one file for each kind of option',
  'main.ts': 'an entry point',
  'util/when-needed.ts': 'no concern of the one that uses it',
  'wasi/': 'one file for each WIT file',
};

/** Files with fewer lines are short. */
const MIN_LINES = 20;

const modules = readSourceModules();
const faults = [...misnamedFiles(), ...shortFiles(), ...needlessExcuses()];
for (const fault of faults) console.log(fault);
process.exitCode = faults.length === 0 ? 0 : 1;

function misnamedFiles(): string[] {
  return modules
    .filter(({ path }) => NAMED_OTHERWISE[path] === undefined)
    .filter((module) => !isNamedAfterExport(module))
    .map(({ path, exports }) => `src/${path} is not named after one of its exports: ${exports.join(', ')}`);
}

/** Whether the name of a file consists of words of an export, in their order: `duration.ts` of `parseDuration`, `sections.ts` of `readSection`. */
function isNamedAfterExport({ path, exports }: SourceModule): boolean {
  const name = toSingular(basename(path, '.ts'));
  return exports.some((exported) => `-${toSingular(toKebabCase(exported))}-`.includes(`-${name}-`));
}

function shortFiles(): string[] {
  return modules
    .filter(({ path, lines }) => lines < MIN_LINES && !isExcused(path) && countImporters(path) < 2)
    .map(({ path, lines }) => `src/${path} has ${lines} lines and no two importers: move its code to where it is used`);
}

function isExcused(path: string): boolean {
  return Object.keys(SHORT).some((excused) => (excused.endsWith('/') ? path.startsWith(excused) : path === excused));
}

function countImporters(path: string): number {
  return modules.filter(({ imports }) => imports.includes(path)).length;
}

function needlessExcuses(): string[] {
  const excused = Object.keys(NAMED_OTHERWISE).filter((path) => {
    const module = modules.find((each) => each.path === path);
    return module === undefined || isNamedAfterExport(module);
  });
  const short = Object.keys(SHORT).filter(
    (path) => !modules.some((module) => module.path.startsWith(path) && module.lines < MIN_LINES),
  );
  return [...excused, ...short].map((path) => `src/${path} needs no excuse in scripts/check-names.ts`);
}

/** `camelCase`, `PascalCase`, `UPPER_CASE` and `HTTPError`. */
function toKebabCase(name: string): string {
  if (/^[A-Z0-9_]+$/.test(name)) return name.toLowerCase().replaceAll('_', '-');
  return name.replaceAll(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$3-$2').toLowerCase();
}

function toSingular(kebab: string): string {
  return kebab.replaceAll(/s(?=-|$)/g, '');
}
