import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TEST_CACHE, guestFile } from '../harness/guests.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Inside the repository, where imports of hono resolve. */
const FOLDER = join(TEST_CACHE, 'examples');

/** Says what the example's app or response answered; an example that serves would else never end. */
const EPILOGUE = `
const answers = [
  typeof app === 'undefined' ? undefined : await app.request('/api/'),
  typeof response === 'undefined' ? undefined : response,
];
for (const answer of answers) if (answer !== undefined) console.log(answer.status);
process.exit(0);
`;

interface Example {
  readonly name: string;
  readonly code: string;
}

// A `ts` fence that is a file's content is a guide's, which a reader of the guide runs.
const pages = ['README.md', ...globSync('docs/{embed,security,limits}.md', { cwd: ROOT })];
const examples = (await Promise.all(pages.map(examplesOf))).flat();

async function examplesOf(page: string): Promise<Example[]> {
  const text = await readFile(join(ROOT, page), 'utf8');
  const codes = Array.from(text.matchAll(/^```ts\n([\s\S]*?)^```$/gm), ([, code = '']) => code);
  return codes.map((code, index) => ({ name: `${page.replaceAll(/\W/g, '-')}-${index + 1}`, code }));
}

/** The example on the guest hello, on our sources, on free ports. */
function toProgram(code: string): string {
  return code.replaceAll(/'[\w./-]+\.wasm'/g, `'${guestFile('hello')}'`).replaceAll(/port: \d+/g, 'port: 0');
}

beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true, mode: 0o700 });
  const index = new URL('../../src/index.ts', import.meta.url).href;
  for (const { name, code } of examples) {
    await writeFile(join(FOLDER, `${name}.ts`), code);
    const program = toProgram(code).replaceAll(/from 'wasi-serve'/g, `from '${index}'`) + EPILOGUE;
    await writeFile(join(FOLDER, `${name}.run.ts`), program);
  }
});

afterAll(async () => await rm(FOLDER, { recursive: true, force: true }));

test('the README and the page about embedding have examples', () => {
  expect(examples.length).toBeGreaterThan(3);
});

test('all examples compile', { timeout: 120_000 }, async () => {
  const paths = { 'wasi-serve': [join(ROOT, 'src/index.ts')] };
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { paths, noUnusedLocals: false, declaration: false },
  };
  const files = examples.map(({ name }) => `${name}.ts`);
  await writeFile(
    join(FOLDER, 'tsconfig.json'),
    JSON.stringify({ ...config, files, include: [join(ROOT, 'src/**/*.d.ts')] }),
  );
  const compiled = promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), ['-p', FOLDER]);
  const { stdout } = await compiled.catch((error: { stdout: string }) => error);
  expect(stdout).toBe('');
});

test.each(examples)('example $name runs', async ({ name, code }) => {
  const env = { ...process.env, XDG_CACHE_HOME: FOLDER };
  const { stdout } = await promisify(execFile)(process.execPath, [join(FOLDER, `${name}.run.ts`)], { env });
  const expected = /const (app|response)\b/.test(code) ? ['200'] : [];
  expect(stdout.split('\n').filter(Boolean)).toEqual(expected);
});
