// Fills wit/deps with the packages that guests may import, checks that the world of wit/world.wit parses with them, and writes their types for the host.
//   npm run wit                          always
//   npm run wit -- --if-absent           only if wit/deps is absent
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { componentWitMetadataForWorld } from '@bytecodealliance/jco-transpile/wasm-tools';
import { WASI_RELEASE, encodeWasi } from './wit/encode-wasi.ts';
import { copyOwnWit, encodePackage, encodedPath, listOwnPackages } from './wit/own-packages.ts';

const source = `node_modules/@bytecodealliance/jco/lib/wit/builtin/${WASI_RELEASE}`;
const deps = 'wit/deps';
const types = 'src/wasi/encoded-wasi.ts';

const { values: flags } = parseArgs({ options: { 'if-absent': { type: 'boolean', default: false } } });

process.chdir(`${import.meta.dirname}/..`);
if (!flags['if-absent'] || !existsSync(deps)) await fill();

async function fill(): Promise<void> {
  rmSync(deps, { recursive: true, force: true });
  cpSync(source, deps, { recursive: true });
  copyOwnWit(deps);
  const { imports, exports } = await componentWitMetadataForWorld({ tag: 'path', val: resolve('wit') }, 'proxy');
  const packages = readdirSync(deps).length;
  console.log(`${deps}: ${packages} packages, most of WASI ${WASI_RELEASE}`);
  console.log(`wit/world.wit: world proxy imports ${imports.length} interfaces and exports ${exports.length}`);
  writeFileSync(types, toSource('ENCODED_WASI', `WASI ${WASI_RELEASE}`, await encodeWasi()));
  console.log(`${types}: the types of all interfaces of WASI ${WASI_RELEASE}`);
  for (const own of listOwnPackages()) {
    const name = `ENCODED_${basename(own.folder).toUpperCase()}`;
    writeFileSync(encodedPath(own), toSource(name, `${own.name}@${own.version}`, await encodePackage(own)));
    console.log(`${relative('.', encodedPath(own))}: the types of ${own.name}@${own.version}`);
  }
}

/** A single line, which no formatter changes. */
function toSource(name: string, what: string, encoded: Uint8Array): string {
  return `/** Written by \`npm run wit\`: the WIT of ${what} in binary form, base64. */
export const ${name} =
  '${Buffer.from(encoded).toString('base64')}';
`;
}
