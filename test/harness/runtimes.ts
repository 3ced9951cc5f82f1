import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const INSTALL_TIMEOUT_MS = 120_000;

/** Runtimes other than the project's Node, as npm has them. */
const PACKAGES = {
  'node@24': { folder: 'node', binary: 'bin/node', script: 'installArchSpecificPackage.js', args: [] },
  bun: { folder: 'bun', binary: 'bin/bun.exe', script: 'install.js', args: [] },
  deno: { folder: 'deno', binary: 'deno', script: 'install.cjs', args: ['run', '-A'] },
} as const;

export type RuntimeName = keyof typeof PACKAGES;

export const RUNTIMES = Object.keys(PACKAGES) as RuntimeName[];

/** A command that runs a file of JavaScript, with what comes before its path. */
export type RuntimeCommand = readonly [string, ...string[]];

/** Installs a runtime outside node_modules, once for all runs. `undefined` if it cannot be had, as without a network. */
export async function installRuntime(name: RuntimeName): Promise<RuntimeCommand | undefined> {
  const { folder, binary, script, args } = PACKAGES[name];
  const file = await installTool({ name, binary: join(folder, binary), script: join(folder, script) });
  return file === undefined ? undefined : [file, ...args];
}

/** A package of npm with a command, in its `node_modules`. */
interface Tool {
  readonly name: string;
  /** The file to run, and the script that fetches it if npm is configured to run none. */
  readonly binary: string;
  readonly script: string;
}

/** The path of the command, outside our node_modules; `undefined` if it cannot be had. */
export async function installTool({ name, binary, script }: Tool): Promise<string | undefined> {
  const root = join(import.meta.dirname, '../../.cache/test/tools', name);
  const file = join(root, 'node_modules', binary);
  try {
    if (!existsSync(file)) {
      await mkdir(root, { recursive: true });
      await writeFile(join(root, 'package.json'), '{ "private": true }');
      await run('npm', ['install', '--no-audit', '--no-fund', name], { cwd: root, timeout: INSTALL_TIMEOUT_MS });
    }
    const installer = join(root, 'node_modules', script);
    if (!existsSync(file)) await run(process.execPath, [installer], { cwd: dirname(installer) });
    return file;
  } catch {
    return undefined;
  }
}
