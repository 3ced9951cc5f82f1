// Fails for each guest in components/ that no test names: `guest('NAME')`, or the quoted name in a table of a test file.
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

process.chdir(`${import.meta.dirname}/..`);
const tests = globSync('test/**/*.ts').map((file) => readFileSync(file, 'utf8'));
const untested = listGuests().filter((name) => !tests.some((text) => isNamedIn(text, name)));

for (const name of untested) console.error(`components/${name} has no test: no file under test/ contains '${name}'`);
process.exitCode = untested.length > 0 ? 1 : 0;

/** A guest is a folder with an entry point: a Rust crate, except for the shared library, or a JavaScript module. */
function listGuests(): string[] {
  const entryPoints = globSync(['components/*/src/lib.rs', 'components/*/src/main.rs', 'components/*/*.js']);
  const folders = entryPoints.map((file) => basename(dirname(file.replace('/src/', '/'))));
  return [...new Set(folders)].filter((name) => name !== 'common').toSorted();
}

function isNamedIn(text: string, name: string): boolean {
  return ["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote}`));
}
