import { cpSync, globSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { componentEmbed } from '@bytecodealliance/jco-transpile/wasm-tools';
import { readWorld } from '../../src/component/encode-interface.ts';

const WASI = join(import.meta.dirname, '../../src/wasi');
/** What these packages may use of others. */
const WASI_IO = join(import.meta.dirname, '../../wit/deps/wasi-io');

/** A package whose WIT stands beside the code that serves it, since no npm package has it. */
export interface OwnPackage {
  /** `wasi:logging` */
  readonly name: string;
  readonly version: string;
  /** Without the package's name. */
  readonly interfaces: readonly string[];
  /** Of its WIT and its code. */
  readonly folder: string;
}

/** All such packages: each folder of `src/wasi/` that has WIT. */
export function listOwnPackages(): OwnPackage[] {
  const folders = [...new Set(globSync('*/*.wit', { cwd: WASI }).map(dirname))].toSorted();
  return folders.map((name) => readPackage(join(WASI, name)));
}

function readPackage(folder: string): OwnPackage {
  const text = globSync('*.wit', { cwd: folder })
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
  const { name = '', version = '' } = /^package (?<name>[\w:-]+)@(?<version>[^;]+);/m.exec(text)?.groups ?? {};
  return {
    name,
    version,
    interfaces: Array.from(text.matchAll(/^interface ([\w-]+)/gm), ([, each = '']) => each),
    folder,
  };
}

/** The imports of all interfaces of a package, as a world has them. */
export function importsOf({ name, version, interfaces }: OwnPackage): string {
  return interfaces.map((each) => `import ${name}/${each}@${version};`).join('\n  ');
}

/** Copies the WIT of all such packages into a folder for dependencies. */
export function copyOwnWit(deps: string): void {
  for (const { folder, name } of listOwnPackages()) {
    const filter = (path: string): boolean => path === folder || path.endsWith('.wit');
    cpSync(folder, join(deps, name.replace(':', '-')), { recursive: true, filter });
  }
}

/** The file with the package's types in binary form. */
export function encodedPath({ folder }: OwnPackage): string {
  return join(folder, `encoded-${basename(folder)}.ts`);
}

/** The package's types in binary form. */
export async function encodePackage(own: OwnPackage): Promise<Uint8Array> {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'wit-'));
  cpSync(WASI_IO, join(directory.path, 'deps/wasi-io'), { recursive: true });
  copyOwnWit(join(directory.path, 'deps'));
  writeFileSync(
    join(directory.path, 'world.wit'),
    `package wasi-serve:types;\nworld types {\n  ${importsOf(own)}\n}\n`,
  );
  const embedded = await componentEmbed({ dummy: true, witPath: directory.path, world: 'types' });
  return readWorld(new Uint8Array(embedded));
}
