import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools';

const FOLDER = join(import.meta.dirname, '../../components/hostile');
const WIT_PATH = join(import.meta.dirname, '../../wit');
const DEFAULT_REALLOC = '(export "cabi_realloc" (func $realloc))';

/** An attack's heading: `;;; name` and perhaps the encoding of its strings, or `resources` where it has some of its own. */
const HEADING = /^;;; ([a-z0-9-]+)(?: \((utf16|compact-utf16|resources)\))?$/m;

/** The component of one attack of a file in components/hostile/. */
export async function assembleAttack(file: string, name: string): Promise<Uint8Array> {
  const parts = read(file).split(HEADING);
  const at = parts.findIndex((part, index) => index % 3 === 1 && part === name);
  if (at === -1) throw new Error(`components/hostile/${file}.wat has no attack ${name}`);
  const [option, fields = ''] = [parts[at + 1], parts[at + 2]];
  const binary = await parse(toModule(fields));
  const embedded = await componentEmbed({
    binary,
    ...(option === 'resources' ? worldWithResources() : { witPath: WIT_PATH, world: 'proxy' }),
    ...(option === 'utf16' || option === 'compact-utf16' ? { stringEncoding: option } : {}),
  });
  return await componentNew(embedded, []);
}

/** The world of `resources.wit`, above a copy of all others. */
function worldWithResources(): { witPath: string; world: string } {
  const witPath = mkdtempSync(join(tmpdir(), 'wasi-serve-wit-'));
  process.once('exit', () => rmSync(witPath, { recursive: true, force: true }));
  cpSync(join(WIT_PATH, 'deps'), join(witPath, 'deps'), { recursive: true });
  cpSync(join(WIT_PATH, 'world.wit'), join(witPath, 'deps/host/world.wit'));
  cpSync(join(FOLDER, 'resources.wit'), join(witPath, 'resources.wit'));
  return { witPath, world: 'resources' };
}

/** The names of all attacks of a file. */
export function listAttacks(file: string): string[] {
  return Array.from(read(file).matchAll(new RegExp(HEADING, 'gm')), ([, name = '']) => name);
}

/** With the helpers, and the imports that are named. */
function toModule(attack: string): string {
  const realloc = attack.includes('"cabi_realloc"') ? '' : DEFAULT_REALLOC;
  const body = `${read('helpers')}\n${attack}\n${realloc}`;
  const named = new Set(body.match(/\$[\w.-]+/g));
  const imports = read('imports')
    .split('\n')
    .filter((line) => named.has(/\(func (\$[\w.-]+)/.exec(line)?.[1] ?? ''));
  return `(module\n${imports.join('\n')}\n${body}\n)`;
}

function read(file: string): string {
  return readFileSync(join(FOLDER, `${file}.wat`), 'utf8');
}
