// Writes dist/wit, which is published with the package: the world that a guest is built against, and the WASI packages it names.
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const builtin = 'node_modules/@bytecodealliance/jco/lib/wit/builtin';
/** The release that the npm packages carry whole. */
const carried = '0.2.12';
/** StarlingMonkey's fetch event knows `wasi:http` by this release only. Its interfaces are those of 0.2.12, but for sockets. */
const release = '0.2.10';
const target = 'dist/wit';

const world = `package wasi-serve:guest;

/// Add what your component imports besides: \`import wasi:cli/environment@${release};\` gives it its variables.
world proxy {
  include wasi:http/proxy@${release};
}
`;

process.chdir(`${import.meta.dirname}/..`);
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
cpSync(`${builtin}/${carried}`, `${target}/deps`, { recursive: true });
rmSync(`${target}/deps/wasi-sockets`, { recursive: true });
for (const file of globSync(`${target}/deps/*/*.wit`)) {
  const text = readFileSync(file, 'utf8').replaceAll(`@${carried}`, `@${release}`);
  writeFileSync(file, text.replace(/^.*include wasi:sockets\/.*\n/m, ''));
}
cpSync(`${builtin}/LICENSE.md`, `${target}/LICENSE.md`);
writeFileSync(`${target}/world.wit`, world);
