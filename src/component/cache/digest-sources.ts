import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The folders of `src/` that determine what is kept: of the rewriter, it and the reader and writer of modules; of the checks whether a component is valid and fits a
 * host, the decoder, the validator and the comparison with the host.
 */
const FOLDERS = {
  rewriter: ['rewriter', 'wasm'],
  checks: ['component', 'linker/plan', 'rewriter', 'abi', 'wasm', 'util'],
} as const;

type Part = keyof typeof FOLDERS;

/** SHA-256 of our own files of a part, so that it needs no version number to maintain. The build puts the values in place of the function. */
export function digestSources(part: Part): string {
  return hash('sha256', Buffer.concat(sourcesOf(part).map((path) => readFileSync(path))), 'hex');
}

/** The paths of all sources of a part, in a fixed order. */
export function sourcesOf(part: Part): string[] {
  const roots = FOLDERS[part].map((name) => join(import.meta.dirname, '../..', name));
  const paths = roots.flatMap((root) => readdirSync(root, { recursive: true }).map((name) => join(root, String(name))));
  return paths.filter((path) => path.endsWith('.ts')).sort();
}
