import { cpSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyOwnWit, importsOf, listOwnPackages } from '../../scripts/wit/own-packages.ts';
import { componentEmbed } from '@bytecodealliance/jco-transpile/wasm-tools';

const RELEASE = '0.2.12';
/** Filled by `npm run wit`. */
const DEPS = fileURLToPath(new URL('../../wit/deps', import.meta.url));
const WORLD = `package test:all;
world all {
  include wasi:cli/imports@${RELEASE};
  include wasi:http/imports@${RELEASE};
  ${listOwnPackages().map(importsOf).join('\n  ')}
}`;

/** What a WIT interface asks of a host: the mangled names of its functions, and its resources. */
export interface WitImports {
  readonly funcs: Set<string>;
  readonly resources: Set<string>;
}

/**
 * Every interface that the host serves by its name without version, with the functions behind `features` or `all` features.
 *
 * wit-component parses the WIT and makes a dummy core module of the world, whose imports are exactly these functions.
 */
export async function readWitImports(features: readonly string[] | 'all'): Promise<Map<string, WitImports>> {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'wit-'));
  cpSync(DEPS, join(directory.path, 'deps'), { recursive: true });
  copyOwnWit(join(directory.path, 'deps'));
  writeFileSync(join(directory.path, 'world.wit'), WORLD);
  const binary = await componentEmbed({
    dummy: true,
    witPath: directory.path,
    world: 'all',
    features: features === 'all' ? { tag: 'all' } : { tag: 'list', val: [...features] },
  });
  return toWitImports(WebAssembly.Module.imports(new WebAssembly.Module(new Uint8Array(binary))));
}

/** Shape: `{ module: 'cm32p2|wasi:io/poll@0.2', name: '[method]pollable.ready' | 'pollable_drop' }`. Source: wit-component's "standard" name mangling. */
function toWitImports(imports: WebAssembly.ModuleImportDescriptor[]): Map<string, WitImports> {
  const interfaces = new Map<string, WitImports>();
  for (const { module, name } of imports) {
    const wit = interfaces.getOrInsertComputed(interfaceName(module), () => ({
      funcs: new Set(),
      resources: new Set(),
    }));
    if (name.endsWith('_drop')) wit.resources.add(name.slice(0, -'_drop'.length));
    else wit.funcs.add(name);
  }
  return interfaces;
}

function interfaceName(module: string): string {
  return module.replace('cm32p2|', '').replace(/@.*/, '');
}
