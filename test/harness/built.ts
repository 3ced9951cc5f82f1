import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');

/** The package as `npm run build` makes it, and a program that tells what it finds, each in a folder of one test file. */
export interface BuiltPackage {
  /** Has `package.json` and `dist`. */
  readonly folder: string;
  /** The file of `test/embed/program.js`, which imports that package. */
  readonly program: string;
  /** What the program takes. */
  readonly args: readonly string[];
}

export async function buildPackage(name: string): Promise<BuiltPackage> {
  // Inside the repository, where imports of our dependencies resolve.
  const folder = join(ROOT, '.cache/test/built', name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await copyFile(join(ROOT, 'package.json'), join(folder, 'package.json'));
  await promisify(execFile)(process.execPath, ['scripts/build.ts', join(folder, 'dist')], { cwd: ROOT });
  const program = join(folder, 'program.js');
  const source = await readFile(join(ROOT, 'test/embed/program.js'), 'utf8');
  await writeFile(program, source.replace("'../../src/index.ts'", "'./dist/index.js'"));
  return { folder, program, args: [join(ROOT, 'components'), join(folder, 'cache')] };
}

/** What the program finds, by fact, of the package as it is. */
export const FACTS = {
  fetch: [200, 'Hello from wasi-serve!\n'],
  port: [200, 'to and fro'],
  routes: ['7', 'Hello from wasi-serve!\n', 'Hello from wasi-serve!\n'],
  deadline: [504, 'others ran meanwhile'],
  outbound: [200, true],
  cache: 'Hello from Hono!\n',
  wit: 'linker',
  metrics: true,
  jco: [200, 'Hello from wasi-serve!\n'],
} as const;

/** Runs the program, by what runs it, and gives what it finds. */
export async function factsOf([file = '', ...args]: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(file, args);
  const lines = stdout.trim().split('\n');
  return Object.fromEntries(lines.map((line) => JSON.parse(line) as [string, unknown]));
}
