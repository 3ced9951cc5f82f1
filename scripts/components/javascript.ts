import { spawn } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { type Guest, wasmPath } from './guest.ts';
import { computeStamp, type Stamp } from './stamps.ts';

const packages = 'node_modules/@bytecodealliance/jco/lib/wit/builtin';
const release = '0.2.12';
const scratch = '.cache/javascript-guests';

/** What every JavaScript guest is built from besides its own folder: this builder, and the tools that the lock file pins. */
const sharedInputs = ['scripts/components/javascript.ts', 'package-lock.json'];

/** The folders in `components/` with a module and a world. Their wasm, 14 MB each, is not committed. */
export function listJavaScriptGuests(): Guest[] {
  return globSync('components/*/world.wit').map(dirname).toSorted().map(toJavaScriptGuest);
}

function toJavaScriptGuest(folder: string): Guest {
  const name = basename(folder);
  const stamp = () =>
    computeStamp([...sharedInputs, `${folder}/${name}.js`, `${folder}/world.wit`], wasmPath(folder, name));
  return {
    name,
    folder,
    language: 'javascript',
    isStale: () => !isStamped(folder, stamp()),
    async build() {
      await componentize(folder, fillWit(folder));
      writeFileSync(stampPath(folder), `${JSON.stringify(stamp())}\n`);
    },
  };
}

/** Next to the wasm, and not committed either: a clone has neither. */
const stampPath = (folder: string): string => `${folder}/.stamp.json`;

function isStamped(folder: string, stamp: Stamp): boolean {
  if (!existsSync(stampPath(folder))) return false;
  const recorded = JSON.parse(readFileSync(stampPath(folder), 'utf8')) as Stamp;
  return recorded.inputs === stamp.inputs && recorded.wasm === stamp.wasm;
}

/** Returns a folder with the guest's world and the WASI packages of the release that it names. */
function fillWit(folder: string): string {
  const wit = `${scratch}/${basename(folder)}/wit`;
  rmSync(wit, { recursive: true, force: true });
  mkdirSync(wit, { recursive: true });
  cpSync(`${packages}/${release}`, `${wit}/deps`, { recursive: true });
  cpSync(`${folder}/world.wit`, `${wit}/world.wit`);
  const wanted = /@(0\.2\.\d+)/.exec(readFileSync(`${wit}/world.wit`, 'utf8'))?.[1] ?? release;
  if (wanted !== release) rewriteRelease(`${wit}/deps`, wanted);
  return wit;
}

/** The npm packages contain one complete release. Its interfaces are those of its predecessors, except for sockets, which no guest here uses. */
function rewriteRelease(deps: string, wanted: string): void {
  rmSync(`${deps}/wasi-sockets`, { recursive: true });
  for (const file of globSync(`${deps}/*/*.wit`)) {
    const text = readFileSync(file, 'utf8').replaceAll(`@${release}`, `@${wanted}`);
    writeFileSync(file, text.replace(/^.*include wasi:sockets\/.*$/m, ''));
  }
}

/** StarlingMonkey with only its interpreter: no ahead-of-time compilation. */
async function componentize(folder: string, wit: string): Promise<void> {
  const name = basename(folder);
  const args = [
    'componentize',
    `${folder}/${name}.js`,
    '--bundle',
    '--wit',
    wit,
    '--world-name',
    'guest',
    '--out',
    wasmPath(folder, name),
  ];
  const child = spawn(process.execPath, [resolve('node_modules/.bin/jco'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const { promise, resolve: done, reject } = Promise.withResolvers<void>();
  child.on('error', reject);
  child.on('close', (code) =>
    code === 0 ? done() : reject(new Error(`jco ${args.join(' ')}: exit ${code}\n${output}`)),
  );
  await promise;
}
