import { copyFile, glob, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Licences of packages that npm brings without them, as their repositories have them. */
const ELSEWHERE = join(import.meta.dirname, 'licenses');

/** Copies the licences of the packages of which a bundle has modules (their paths) to `folder`, under the packages' names. */
export async function copyLicenses(modules: readonly string[], folder: string): Promise<void> {
  const packages = new Set(modules.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  await mkdir(folder, { recursive: true });
  for (const root of packages) {
    const name = root
      .replace(/^.*node_modules\//, '')
      .replace('/', '-')
      .replace('@', '');
    const [file] = await Array.fromAsync(glob('LICEN[CS]E*', { cwd: root }));
    await copyFile(file === undefined ? join(ELSEWHERE, name) : join(root, file), join(folder, name));
  }
}
