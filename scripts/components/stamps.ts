import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';

/** The inputs of a wasm and the result, as sha256 in hex. */
export type Stamp = { readonly inputs: string; readonly wasm: string };

const file = 'components/stamps.json';

/** The stamp of the files as they are now. `inputs` are files or folders; a folder counts as a whole, except for its wasm. */
export function computeStamp(inputs: readonly string[], wasm: string): Stamp {
  return { inputs: hashFiles(inputs.flatMap(filesOf)), wasm: existsSync(wasm) ? hashFiles([wasm]) : '' };
}

/** Whether the recorded stamp is this one. */
export function isStamped(name: string, stamp: Stamp): boolean {
  const recorded = readStamps()[name];
  return recorded?.inputs === stamp.inputs && recorded.wasm === stamp.wasm;
}

/** Records a guest's stamp, sorted by name so that builds merge well. */
export function recordStamp(name: string, stamp: Stamp): void {
  const stamps = Object.entries({ ...readStamps(), [name]: stamp });
  stamps.sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(stamps), null, 2)}\n`);
}

function readStamps(): Record<string, Stamp> {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Stamp>) : {};
}

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return globSync(`${path}/**`, { exclude: (entry) => entry === 'node_modules' })
    .filter((entry) => statSync(entry).isFile() && !entry.endsWith('.wasm'))
    .sort();
}

function hashFiles(paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) {
    const bytes = readFileSync(path);
    hash.update(`${path}\0${bytes.byteLength}\0`).update(bytes);
  }
  return hash.digest('hex');
}
