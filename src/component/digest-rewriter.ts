import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** SHA-256 of the rewriter's own files, so that it needs no version number to maintain. The build puts the value in its place. */
export async function digestRewriter(): Promise<string> {
  const files = await Promise.all((await rewriterFiles()).map((path) => readFile(path)));
  return hash('sha256', Buffer.concat(files), 'hex');
}

/** Everything that determines the result of rewriting: the rewriter, and the reader and writer of modules. Shape: paths. */
export async function rewriterFiles(): Promise<string[]> {
  const folders = ['../rewriter', '../wasm'].map((name) => join(import.meta.dirname, name));
  const files = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(folder, { recursive: true });
      return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
    }),
  );
  return files.flat().sort();
}
