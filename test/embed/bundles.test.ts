import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { type BuiltPackage, FACTS, buildPackage, factsOf } from '../harness/built.ts';
import { installTool } from '../harness/runtimes.ts';

const BIN = join(import.meta.dirname, '../../node_modules/.bin');

/** What stays out of bundles, as the documents say. */
const EXTERNAL = ['prom-client', '@redis/client', '@bytecodealliance/jco-transpile/wasm-tools'];

/** What becomes of the facts in a bundle. */
const FACTS_OF_BUNDLE = {
  ...FACTS,
  jco: 'HostError: the jco engine does not run from a bundle: leave wasi-serve out of the bundle (esbuild: --external:wasi-serve)',
};

const esbuild = await installTool({ name: 'esbuild', binary: 'esbuild/bin/esbuild', script: 'esbuild/install.js' });
let built: BuiltPackage;

beforeAll(async () => {
  built = await buildPackage('bundles');
}, 120_000);

/** Makes a bundle with a command and runs it. */
async function run(command: string, args: readonly string[], bundle: string): Promise<Record<string, unknown>> {
  await promisify(execFile)(command, args, { cwd: built.folder });
  return await factsOf([process.execPath, join(built.folder, bundle), ...built.args]);
}

/** With esbuild; `[]` if it cannot be installed. */
const withEsbuild = (esbuild === undefined ? [] : [esbuild]).map(
  (command) => (external: readonly string[], name: string) => {
    const outside = external.map((one) => `--external:${one}`);
    const args = ['program.js', '--bundle', '--platform=node', '--format=esm', `--outfile=${name}`, ...outside];
    return run(command, args, name);
  },
);

const withoutEsbuild = esbuild === undefined ? ['esbuild'] : [];

test.skip.each(withoutEsbuild)('a bundle of %s does all: the package cannot be installed here', () => undefined);

test.each(withEsbuild)('a bundle of esbuild does all, but for jco', async (bundle) => {
  expect(await bundle(EXTERNAL, 'esbuild.mjs')).toEqual(FACTS_OF_BUNDLE);
});

test.each(withEsbuild)('a bundle of esbuild that has prom-client inside says what to do', async (bundle) => {
  const { metrics, fetch } = await bundle(EXTERNAL.slice(1), 'esbuild-all.mjs');
  expect(fetch).toEqual(FACTS.fetch);
  expect(metrics).toMatch(
    /^HostError: metrics take the package prom-client, which does not load: .*esbuild: --external:prom-client/,
  );
});

test('a bundle of rolldown does all, but for jco', async () => {
  const outside = EXTERNAL.flatMap((name) => ['--external', name]);
  const args = ['./program.js', '--platform', 'node', '--format', 'esm', '-d', 'rolldown', ...outside];
  expect(await run(join(BIN, 'rolldown'), args, 'rolldown/program.js')).toEqual(FACTS_OF_BUNDLE);
});

test('a bundle of Vite does all, but for jco', async () => {
  const config = {
    build: { ssr: 'program.js', outDir: 'vite', target: 'esnext', rollupOptions: { external: EXTERNAL } },
    ssr: { noExternal: true },
  };
  await writeFile(join(built.folder, 'vite.config.mjs'), `export default ${JSON.stringify(config)};`);
  expect(await run(join(BIN, 'vite'), ['build'], 'vite/program.js')).toEqual(FACTS_OF_BUNDLE);
});
