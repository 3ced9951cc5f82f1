import { execFile, spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Step, titleOf, toSteps } from './guide.ts';
import { guestFile } from '../harness/guests.ts';
import { Reader } from './reader.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** What `npm pack` reads. */
const PACKED_FROM = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'README.md',
  'LICENSE',
  'src',
  'docs',
  'scripts',
];
/** A guide installs compilers' packages, on machines that may be busy. */
const PATIENCE_MS = 900_000;

const has = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;

/** What a guide cannot do without besides the npm registry. */
const NEEDS: Readonly<Record<string, { readonly what: string; readonly isThere: () => boolean }>> = {
  'guest-rust': {
    what: 'rustup and crates.io',
    isThere: () => has('rustup', '--version') && has('cargo', 'info', '-q', 'wstd'),
  },
  files: { what: 'rustup and Linux', isThere: () => process.platform === 'linux' && has('rustup', '--version') },
  run: { what: 'rustup', isThere: () => has('rustup', '--version') },
  'guest-go': { what: 'Go', isThere: () => has('go', 'version') },
  'guest-python': {
    what: 'Python and PyPI',
    isThere: () => has('python3', '-m', 'pip', 'download', '-q', '--no-deps', '-d', packed, 'componentize-py==0.25.1'),
  },
};

function hasNpm(): boolean {
  return has('npm', 'view', 'hono', 'version', '--fetch-retries=0', '--fetch-timeout=10000');
}

let packed = '';
let tarball = '';

beforeAll(async () => {
  packed = await mkdtemp(join(tmpdir(), 'wasi-serve-pack-'));
  // In a copy, for `dist` may be in use.
  const copy = join(packed, 'source');
  for (const name of PACKED_FROM) await cp(join(ROOT, name), join(copy, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const { stdout } = await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', packed], {
    cwd: copy,
  });
  tarball = join(packed, stdout.trim().split('\n').at(-1) ?? '');
}, PATIENCE_MS);

afterAll(async () => await rm(packed, { recursive: true, force: true }));

const guides = globSync('docs/{guest-*,deploy,files,run,test-with-vitest}.md', { cwd: ROOT }).toSorted();

test('each guide has steps that are run', async () => {
  for (const guide of guides)
    expect(await stepsOf(guide), guide).toContainEqual(expect.objectContaining({ do: 'run' }));
});

for (const guide of guides) {
  test(
    `who follows ${titleOf(guide)} in an empty folder gets what it says`,
    { timeout: PATIENCE_MS },
    async ({ skip }) => {
      const needs = NEEDS[titleOf(guide)];
      if (!hasNpm()) skip('the npm registry does not answer');
      if (needs !== undefined && !needs.isThere()) skip(`it takes ${needs.what}`);
      await using reader = await Reader.start(
        tarball,
        guide.includes('guest-') ? {} : { 'app.wasm': guestFile('hello') },
      );
      for (const step of await stepsOf(guide)) await reader.follow(step);
    },
  );
}

test.each(['guest-rust', 'guest-javascript'])('the quick start of the README is the beginning of %s', async (title) => {
  const readme = await stepsOf('README.md');
  const guide = await stepsOf(`docs/${title}.md`);
  const end = guide.findIndex((step) => step.do === 'serve');
  const start = readme.findIndex((step) => isDeepStrictEqual(step, guide[0]));
  expect(readme.slice(start, start + end + 1)).toEqual(guide.slice(0, end + 1));
});

async function stepsOf(guide: string): Promise<Step[]> {
  return toSteps(await readFile(join(ROOT, guide), 'utf8'));
}
