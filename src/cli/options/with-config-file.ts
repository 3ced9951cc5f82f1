import { readFile } from 'node:fs/promises';
import { HostError } from '../../util/host-error.ts';
import type { GivenFlags } from './read-settings.ts';
import type { WasmtimeGroup } from './wasmtime-names.ts';

/** The tables of wasmtime's configuration file. */
const TABLES: Readonly<Record<string, WasmtimeGroup>> = {
  optimize: 'O',
  codegen: 'C',
  debug: 'D',
  wasm: 'W',
  wasi: 'S',
  record: 'R',
};

/**
 * `given`, with the options of the file that `--config` names before wasmtime's others, which win. Throws `HostError` if the file is not one of wasmtime's.
 *
 * Source: `CommonOptions` of wasmtime-cli-flags.
 */
export async function withConfigFile(given: GivenFlags): Promise<GivenFlags> {
  const path = given.flags.get('config')?.at(-1);
  if (path === undefined) return given;
  const tables = await readTables(path);
  const wasmtime = { ...given.wasmtime };
  for (const [name, table] of Object.entries(tables)) {
    const group = TABLES[name];
    if (group === undefined) throw bad(path, `unknown table [${name}]: there are ${Object.keys(TABLES).join(', ')}`);
    wasmtime[group] = [...toTexts(path, name, table), ...wasmtime[group]];
  }
  return { ...given, wasmtime };
}

async function readTables(path: string): Promise<Record<string, unknown>> {
  const { parse } = await import('smol-toml');
  try {
    return parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw bad(path, (error as Error).message.split('\n')[0] ?? '');
  }
}

/** The options of a table as the command line has them: `inherit-env=true`. */
function toTexts(path: string, name: string, table: unknown): string[] {
  if (typeof table !== 'object' || table === null || Array.isArray(table)) throw bad(path, `${name} is not a table`);
  return Object.entries(table).map(([key, value]: [string, unknown]) => {
    const isScalar = typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string';
    const text = isScalar ? String(value) : ',';
    if (text.includes(',')) throw bad(path, `[${name}] ${key}: write true, false, a number, or a text without commas`);
    return `${key}=${text}`;
  });
}

function bad(path: string, reason: string): HostError {
  return new HostError('bad-argument', `--config ${path}: ${reason}`);
}
