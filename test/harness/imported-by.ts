import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const SRC = join(import.meta.dirname, '../../src');

/** The paths of the sources `names` in `src/`, and of all that they import. */
export function importedBy(...names: readonly string[]): Set<string> {
  const imported = new Set<string>();
  const follow = (path: string): void => {
    if (imported.has(path)) return;
    imported.add(path);
    for (const [, specifier = ''] of readFileSync(path, 'utf8').matchAll(/from '(\.[^']+)'/g)) {
      follow(join(dirname(path), specifier));
    }
  };
  for (const name of names) follow(join(SRC, name));
  return imported;
}
