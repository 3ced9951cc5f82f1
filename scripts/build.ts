// Makes the JavaScript and the types of the package in `dist/`, or in the folder that is named: few files, because each that a start loads takes time.
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { builtinsOnDemand } from './build/builtins-on-demand.ts';
import { copyLicenses } from './build/copy-licenses.ts';
import { knownValues } from './build/known-values.ts';
import { readManPage } from './man-page.ts';

const folder = resolve(process.argv[2] ?? 'dist');
process.chdir(`${import.meta.dirname}/..`);
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });

const plugins = [knownValues(), builtinsOnDemand()];
/** What npm installs beside us; all other packages are put in. */
const external = [/^@bytecodealliance\//, /^@hono\//, /^@redis\//, /^hono\b/, 'prom-client'];
/** Who reads the code finds comments in the source maps; a start would read and digest them each time. */
const comments = { jsdoc: false };
const output = { dir: folder, format: 'esm', sourcemap: true, comments } as const;

await Promise.all([
  makeMain(),
  makeThread('cli/stall/stall-thread'),
  makeThread('component/transpile-thread'),
  makeThread('state/keyvalue/sqlite-thread'),
  makeTypes(),
  makeManual(),
]);

/** The command and the library. Each group is what a start loads in any case, in one file; what is imported on demand gets files of its own. */
async function makeMain(): Promise<void> {
  await using bundle = await rolldown({
    input: {
      bin: 'src/bin.ts',
      index: 'src/index.ts',
      'jco-copies': 'src/linker/jco/jco-copies.ts',
    },
    platform: 'node',
    external,
    plugins,
  });
  const { output: made } = await bundle.write({
    ...output,
    codeSplitting: {
      groups: [
        // Before the cache for compiled code is open, as little as possible.
        { name: 'start', test: /src\/cli\/compiled-code\.ts$/, priority: 1 },
        { name: 'shared', minShareCount: 2 },
      ],
    },
  });
  const modules = made.flatMap((one) => (one.type === 'chunk' ? one.moduleIds : []));
  await copyLicenses(modules, join(folder, 'licenses'));
}

/** A thread starts sooner with a file of its own than with those of the command. */
async function makeThread(path: string): Promise<void> {
  await using bundle = await rolldown({ input: `src/${path}.ts`, platform: 'node', external, plugins });
  await bundle.write({ ...output, codeSplitting: false });
}

async function makeManual(): Promise<void> {
  await writeFile(join(folder, 'wasi-serve.1'), readManPage());
}

async function makeTypes(): Promise<void> {
  const args = ['-p', 'scripts/tsconfig.build.json', '--outDir', join(folder, 'types')];
  await promisify(execFile)('node_modules/.bin/tsc', args);
}
