import { execFile } from 'node:child_process';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');

/** Builds the package as `npm run build` does, into a folder for one test file. Returns the folder that has `package.json` and `dist`. */
export async function buildPackage(name: string): Promise<string> {
  // Inside the repository, where imports of our dependencies resolve.
  const folder = join(ROOT, '.cache/test/built', name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await copyFile(join(ROOT, 'package.json'), join(folder, 'package.json'));
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  await promisify(execFile)(tsc, ['-p', 'scripts/tsconfig.build.json', '--outDir', join(folder, 'dist')], {
    cwd: ROOT,
  });
  return folder;
}
