import { join } from 'node:path';
import type { Plugin } from 'rolldown';
import { readVersion } from '../../src/cli/read-version.ts';
import { digestRewriter } from '../../src/component/digest-rewriter.ts';

/** The functions of our sources whose results are known when a bundle is made, each the only one that the bundle uses of its file. */
const KNOWN: Readonly<Record<string, () => Promise<string>>> = {
  'src/cli/read-version.ts': readVersion,
  'src/component/digest-rewriter.ts': digestRewriter,
};

/** Puts into a bundle what these functions return, in place of the functions: they read files that are not published. */
export function knownValues(): Plugin {
  const root = join(import.meta.dirname, '../..');
  const known = new Map(Object.entries(KNOWN).map(([path, read]) => [join(root, path), read]));
  return {
    name: 'known-values',
    load: async (id) => {
      const read = known.get(id);
      if (read === undefined) return null;
      return `export const ${read.name} = () => Promise.resolve(${JSON.stringify(await read())});`;
    },
  };
}
