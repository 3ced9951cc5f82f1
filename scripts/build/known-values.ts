import { join } from 'node:path';
import type { Plugin } from 'rolldown';
import { readVersion } from '../../src/cli/read-version.ts';
import { digestSources } from '../../src/component/cache/digest-sources.ts';

/** Sources of ours whose functions read files that are not published, and what a bundle has in their place: the same functions with the results. */
const KNOWN: Readonly<Record<string, () => string>> = {
  'src/cli/read-version.ts': () => `export const readVersion = () => ${JSON.stringify(readVersion())};`,
  'src/component/cache/digest-sources.ts': () => {
    const digests = { rewriter: digestSources('rewriter'), checks: digestSources('checks') };
    return `const digests = ${JSON.stringify(digests)};\nexport const digestSources = (part) => digests[part];`;
  },
};

/** Puts what is known when a bundle is made in place of the functions that would find it out. */
export function knownValues(): Plugin {
  const root = join(import.meta.dirname, '../..');
  const known = new Map(Object.entries(KNOWN).map(([path, toCode]) => [join(root, path), toCode]));
  return { name: 'known-values', load: (id) => known.get(id)?.() ?? null };
}
