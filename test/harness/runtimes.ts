import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  const root = join(import.meta.dirname, '../../.cache/test/runtimes', name);
  const home = join(root, 'node_modules', folder);
  try {
    if (!existsSync(join(home, binary))) {
      await mkdir(root, { recursive: true });
      await writeFile(join(root, 'package.json'), '{ "private": true }');
      await run('npm', ['install', '--no-audit', '--no-fund', name], { cwd: root, timeout: INSTALL_TIMEOUT_MS });
    }
    // The packages fetch their binaries in install scripts, which npm may be configured not to run.
    if (!existsSync(join(home, binary))) await run(process.execPath, [script], { cwd: home });
    return [join(home, binary), ...args];
  } catch {
    return undefined;
  }
}
