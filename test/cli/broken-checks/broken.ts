import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assembleAttack } from '../../hostile/assemble.ts';

/** The environment of a process, and its workers, whose checks are broken: guests hold the thread for as long as they like. */
export const BROKEN = { NODE_OPTIONS: '--import ./test/cli/broken-checks/register.ts' };

/** The file of an attack of components/hostile/. Disposing removes it. */
export async function attackFile(file: string, name: string): Promise<Disposable & { readonly path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'wasi-serve-test-'));
  const path = join(folder, `${name}.wasm`);
  writeFileSync(path, await assembleAttack(file, name));
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}
