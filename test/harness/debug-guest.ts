import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const TOOLCHAIN = '.cache/rust-wasi';
const TARGET = '.cache/rust-debug';

/** As Rust's debug builds are, but for the panics, for which the guests are not written. */
const PROFILE = ['strip=false', 'debug=2', 'opt-level=0', 'lto=false'];

/** Where Rust has no std for WASI, that is compiled first. */
export const BUILD_MS = 500_000;

/** Builds a guest in Rust of components/ with its names and debug information. Resolves to its path; rejects if Rust for WASI cannot be had. */
export async function buildDebugGuest(name: string): Promise<string> {
  const run = promisify(execFile);
  await run('scripts/rust-wasi-toolchain.sh', [TOOLCHAIN], { cwd: ROOT });
  const triple = readFileSync(join(ROOT, TOOLCHAIN, 'target'), 'utf8').trim();
  const env = { ...process.env, CARGO_TARGET_DIR: join(ROOT, TARGET) };
  const settings = PROFILE.flatMap((setting) => ['--config', `profile.release.${setting}`]);
  const args = ['build', '--release', '--quiet', '--target', triple, '--manifest-path', 'components/Cargo.toml'];
  await run(join(ROOT, TOOLCHAIN, 'cargo'), [...args, '-p', name, ...settings], { cwd: ROOT, env });
  return join(ROOT, TARGET, triple, 'release', `${name.replaceAll('-', '_')}.wasm`);
}
