// The modules of src/, as the checks of layers and names see them.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

export type SourceModule = {
  /** From src/ on. */
  readonly path: string;
  readonly lines: number;
  /** The paths of the modules that it imports, types too. */
  readonly imports: readonly string[];
  /** The names that it exports, each once. */
  readonly exports: readonly string[];
};

const src = join(import.meta.dirname, '../src');

/** All modules, by path. */
export function readSourceModules(): SourceModule[] {
  return globSync('**/*.ts', { cwd: src })
    .filter((path) => !path.endsWith('.d.ts'))
    .toSorted()
    .map(read);
}

function read(path: string): SourceModule {
  const text = readFileSync(join(src, path), 'utf8');
  const specifiers = text.matchAll(/(?:from|import)\s*\(?\s*'(\.\.?\/[^']+)'/g);
  const names = text.matchAll(/^export (?:async )?(?:type|interface|class|const|function\*?|enum) (\w+)/gm);
  return {
    path,
    lines: text.trimEnd().split('\n').length,
    imports: Array.from(specifiers, ([, specifier = '']) => posix.join(dirname(path), specifier)),
    // An overloaded function stands there several times.
    exports: [...new Set(Array.from(names, ([, name = '']) => name))],
  };
}
