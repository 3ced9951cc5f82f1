// Fills wit/deps with the WASI packages that wit/world.wit names, checks that the world parses with them, and writes their types for the host.
//   npm run wit                          always
//   npm run wit -- --if-absent           only if wit/deps is absent
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { componentWitMetadataForWorld } from '@bytecodealliance/jco-transpile/wasm-tools';
import { WASI_RELEASE, encodeWasi } from './wit/encode-wasi.ts';

const source = `node_modules/@bytecodealliance/jco/lib/wit/builtin/${WASI_RELEASE}`;
const deps = 'wit/deps';
const types = 'src/wasi/encoded-wasi.ts';

const { values: flags } = parseArgs({ options: { 'if-absent': { type: 'boolean', default: false } } });

process.chdir(`${import.meta.dirname}/..`);
if (!flags['if-absent'] || !existsSync(deps)) await fill();

async function fill(): Promise<void> {
  rmSync(deps, { recursive: true, force: true });
  cpSync(source, deps, { recursive: true });
  const { imports, exports } = await componentWitMetadataForWorld({ tag: 'path', val: resolve('wit') }, 'proxy');
  const packages = readdirSync(deps).length;
  console.log(`${deps}: ${packages} packages of WASI ${WASI_RELEASE}`);
  console.log(`wit/world.wit: world proxy imports ${imports.length} interfaces and exports ${exports.length}`);
  writeFileSync(types, toSource(await encodeWasi()));
  console.log(`${types}: the types of all interfaces`);
}

/** A single line, which no formatter changes. */
function toSource(encoded: Uint8Array): string {
  return `/** Written by \`npm run wit\`: the WIT of WASI ${WASI_RELEASE} in binary form, base64. */
export const ENCODED_WASI =
  '${Buffer.from(encoded).toString('base64')}';
`;
}
