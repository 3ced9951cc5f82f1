import { existsSync } from 'node:fs';
import { extname } from 'node:path';

/**
 * The file of ours that is named `name` and lies beside the one whose `import.meta.url` is given: `.ts` in `src/`; `.js` in `dist/`, where all files of ours that are
 * started or imported by name lie in one folder.
 */
export function ownFile(name: string, besideUrl: string): URL {
  return new URL(`${name}${extname(besideUrl)}`, besideUrl);
}

/** Whether a file of ours is where it should be: it is not if we are part of somebody's bundle. */
export function hasOwnFile(file: URL): boolean {
  return existsSync(file);
}
