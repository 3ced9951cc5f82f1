import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { TEST_CACHE, guestFile } from '../harness/guests.ts';

const ROOT = join(import.meta.dirname, '../..');
const INDEX = join(ROOT, 'src/index.ts');

/** Examples may declare what they do not use, and import types as values: as in a project that is less strict than ours. */
const TSCONFIG = {
  extends: join(ROOT, 'tsconfig.json'),
  compilerOptions: {
    noUnusedLocals: false,
    verbatimModuleSyntax: false,
    isolatedModules: false,
    rewriteRelativeImportExtensions: false,
  },
  include: ['*.ts', join(ROOT, 'src/*.d.ts')],
};

interface Example {
  readonly file: string;
  readonly code: string;
}

function examplesIn(file: string): Example[] {
  const blocks = readFileSync(join(ROOT, file), 'utf8').matchAll(/@example\n +\* ```ts\n([\s\S]*?) +\* ```/g);
  return Array.from(blocks, ([, block = '']) => ({ file, code: block.replaceAll(/^ +\* ?/gm, '') }));
}

const NAMES = Array.from(readFileSync(INDEX, 'utf8').matchAll(/export (?:type )?\{([^}]*)\}/g), ([, list = '']) =>
  list
    .replaceAll(/\btype /g, '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean),
).flat();

const VALUES = Object.keys(await import('../../src/index.ts'));

function toSpecifier(name: string): string {
  return VALUES.includes(name) ? name : `type ${name}`;
}

/** The example as a module: with its own imports, and the exports that it uses without importing them. */
function toModule({ code }: Example): string {
  const imports = code.match(/^import .*$/gm) ?? [];
  const rest = code.replaceAll(/^import .*$/gm, '');
  const used = NAMES.filter((name) => new RegExp(`\\b${name}\\b`).test(rest) && !imports.join('\n').includes(name));
  const lines = [...imports, `import { ${used.map(toSpecifier).join(', ')} } from 'wasi-serve';`];
  return `${lines.join('\n').replaceAll("from 'wasi-serve'", `from '${INDEX}'`)}\n{\n${rest}}\n`;
}

test('the examples at exports compile', { timeout: 180_000 }, async () => {
  const examples = globSync('src/**/*.ts', { cwd: ROOT }).flatMap(examplesIn);
  expect(examples.length).toBeGreaterThan(5);
  // Inside the repository, where imports of our dependencies resolve.
  const folder = join(TEST_CACHE, 'tsdoc');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await Promise.all(
    examples.map((example, index) => writeFile(join(folder, `${index}-example.ts`), toModule(example))),
  );
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  const { stdout } = await promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]).catch(
    (error: unknown) => error as { stdout: string },
  );
  expect(stdout).toBe('');
  await rm(folder, { recursive: true });
});

/** The example on the guest hello, on free ports: it ends when it is through. */
function toProgram(example: Example): string {
  const module = toModule(example)
    .replaceAll(/new URL\('[\w./-]+\.wasm', import\.meta\.url\)|'[\w./-]+\.wasm'/g, `'${guestFile('hello')}'`)
    .replaceAll(/port: \d+/g, 'port: 0');
  return `${module}\nprocess.exit(0);\n`;
}

test.each(
  globSync('src/**/*.ts', { cwd: ROOT })
    .flatMap(examplesIn)
    .map((example, number) => ({ ...example, number })),
)('example $number, of $file, runs', async (example) => {
  const folder = join(TEST_CACHE, `tsdoc-${example.number}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const program = join(folder, 'example.ts');
  await writeFile(program, toProgram(example));
  const args = ['--no-warnings', program];
  const { stderr } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, XDG_CACHE_HOME: folder },
  });
  expect(stderr).toBe('');
  await rm(folder, { recursive: true });
});

test('each export that is a value is in an example', async () => {
  const codes = globSync('src/**/*.ts', { cwd: ROOT })
    .flatMap(examplesIn)
    .map(({ code }) => code);
  const without = VALUES.filter((name) => !codes.some((code) => new RegExp(`\\b${name}\\b`).test(code)));
  expect(without).toEqual([]);
});
