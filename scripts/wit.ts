// Fills wit/deps with the WASI packages that wit/world.wit names, and proves that the world parses with them.
//   npm run wit                          anew
//   npm run wit -- --if-absent           only where there is no wit/deps
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { componentWitMetadataForWorld } from '@bytecodealliance/jco-transpile/wasm-tools';

const release = '0.2.12';
const source = `node_modules/@bytecodealliance/jco/lib/wit/builtin/${release}`;
const deps = 'wit/deps';

const { values: flags } = parseArgs({ options: { 'if-absent': { type: 'boolean', default: false } } });

process.chdir(`${import.meta.dirname}/..`);
if (!flags['if-absent'] || !existsSync(deps)) await fill();

async function fill(): Promise<void> {
  rmSync(deps, { recursive: true, force: true });
  cpSync(source, deps, { recursive: true });
  const { imports, exports } = await componentWitMetadataForWorld({ tag: 'path', val: resolve('wit') }, 'proxy');
  const packages = readdirSync(deps).length;
  console.log(`${deps}: ${packages} packages of WASI ${release}`);
  console.log(`wit/world.wit: world proxy imports ${imports.length} interfaces and exports ${exports.length}`);
}
