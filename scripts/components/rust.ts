import { spawn } from 'node:child_process';
import { copyFileSync, globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Guest, wasmPath } from './guest.ts';
import { computeStamp, isStamped, recordStamp } from './stamps.ts';

const workspace = 'components';
const toolchain = '.cache/rust-wasi';
const targetDir = '.cache/rust-target';

/** What every Rust guest is built from besides its own folder. */
const sharedInputs = ['Cargo.toml', 'Cargo.lock', 'common'].map((path) => `${workspace}/${path}`);

/** The members of the Rust workspace that are guests. */
export function listRustGuests(): Guest[] {
  const folders = globSync(`${workspace}/*/Cargo.toml`).map(dirname).sort();
  return folders.filter((folder) => !sharedInputs.includes(folder)).map(toRustGuest);
}

function toRustGuest(folder: string): Guest {
  const name = folder.slice(workspace.length + 1);
  const wasm = wasmPath(folder, name);
  const stamp = () => computeStamp([...sharedInputs, folder], wasm);
  return {
    name,
    folder,
    language: 'rust',
    isStale: () => !isStamped(name, stamp()),
    async build() {
      await run('scripts/rust-wasi-toolchain.sh', [toolchain]);
      copyFileSync(await buildCrate(name), wasm);
      recordStamp(name, stamp());
    },
  };
}

/** Returns the path of the component that cargo built. */
async function buildCrate(name: string): Promise<string> {
  const target = readFileSync(`${toolchain}/target`, 'utf8').trim();
  const manifest = `${workspace}/Cargo.toml`;
  await run(resolve(toolchain, 'cargo'), [
    'build',
    '--release',
    '--quiet',
    '--target',
    target,
    '--manifest-path',
    manifest,
    '-p',
    name,
  ]);
  return `${targetDir}/${target}/release/${name.replaceAll('-', '_')}.wasm`;
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const env = { ...process.env, CARGO_TARGET_DIR: resolve(targetDir) };
  const child = spawn(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const { promise, resolve: done, reject } = Promise.withResolvers<void>();
  child.on('error', reject);
  child.on('close', (code) => (code === 0 ? done() : reject(new Error(`${command} ${args.join(' ')}: exit ${code}`))));
  await promise;
}
