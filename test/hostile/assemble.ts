import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { compose } from '../harness/compose.ts';
import { bombNames, fieldsOfBomb } from './bombs.ts';
import { assembleLie } from './lies.ts';

const FOLDER = join(import.meta.dirname, '../../components/hostile');
const WIT_PATH = join(import.meta.dirname, '../../wit');
const DEFAULT_REALLOC = '(export "cabi_realloc" (func $realloc))';

/**
 * An attack's heading: `;;; name` and perhaps the encoding of its strings; `resources` if it has some of its own; `before` and the name of
 * another attack of the file, for which it stands in a component around both.
 */
const HEADING = /^;;; ([a-z0-9-]+)(?: \((utf16|compact-utf16|resources|before [a-z0-9-]+)\))?$/m;

/** The component of one attack of a file in components/hostile/, or of those called `bombs`, which are generated. */
export async function assembleAttack(file: string, name: string): Promise<Uint8Array> {
  if (file === 'bombs') return await assembleFields(fieldsOfBomb(name));
  const parts = read(file).split(HEADING);
  const at = parts.findIndex((part, index) => index % 3 === 1 && part === name);
  if (at === -1) throw new Error(`components/hostile/${file}.wat has no attack ${name}`);
  const [option = '', fields = ''] = [parts[at + 1], parts[at + 2]];
  if (file === 'lies') return await assembleLie(name, fields);
  const [kind = '', behind] = option.split(' ');
  const binary = await parse(toModule(fields));
  using world = kind === 'resources' || kind === 'before' ? copyWorlds() : undefined;
  const embedded = await componentEmbed({
    binary,
    ...(world === undefined ? { witPath: WIT_PATH, world: 'proxy' } : { witPath: world.path, world: kind }),
    ...(kind === 'utf16' || kind === 'compact-utf16' ? { stringEncoding: kind } : {}),
  });
  const component = await componentNew(embedded, []);
  return behind === undefined ? component : await compose(component, await assembleAttack(file, behind));
}

/** The component of an attack that is generated: its fields, with the helpers and imports that those of files have. */
export async function assembleFields(fields: string): Promise<Uint8Array> {
  const binary = await parse(toModule(fields));
  return await componentNew(await componentEmbed({ binary, witPath: WIT_PATH, world: 'proxy' }), []);
}

/** The folder of `worlds.wit`, above a copy of all others. Disposing removes it. */
function copyWorlds(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'wasi-serve-wit-'));
  cpSync(join(WIT_PATH, 'deps'), join(path, 'deps'), { recursive: true });
  cpSync(join(WIT_PATH, 'world.wit'), join(path, 'deps/host/world.wit'));
  cpSync(join(FOLDER, 'worlds.wit'), join(path, 'worlds.wit'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** The names of all attacks of a file. */
export function listAttacks(file: string): string[] {
  if (file === 'bombs') return bombNames();
  return Array.from(read(file).matchAll(new RegExp(HEADING, 'gm')), ([, name = '']) => name);
}

/** With the helpers, and the imports that are named. */
function toModule(fields: string): string {
  const attack = repeatLines(fields);
  const realloc = attack.includes('"cabi_realloc"') ? '' : DEFAULT_REALLOC;
  const body = `${read('helpers')}\n${attack}\n${realloc}`;
  const named = new Set(body.match(/\$[\w.-]+/g));
  const imports = read('imports')
    .split('\n')
    .filter((line) => named.has(/\(func (\$[\w.-]+)/.exec(line)?.[1] ?? ''));
  return `(module\n${imports.join('\n')}\n${body}\n)`;
}

/** A line `(times 60 …)` stands for sixty, in which `#` is the number of the line, from 0, and `#+1` the next. */
function repeatLines(text: string): string {
  return text.replaceAll(/^\(times (\d+) (.*)\)$/gm, (_, count: string, line: string) =>
    Array.from({ length: Number(count) }, (_line, index) =>
      line.replaceAll('#+1', `${index + 1}`).replaceAll('#', `${index}`),
    ).join('\n'),
  );
}

function read(file: string): string {
  return readFileSync(join(FOLDER, `${file}.wat`), 'utf8');
}
