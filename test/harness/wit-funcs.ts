import { cpSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentEmbed, componentNew } from '@bytecodealliance/jco-transpile/wasm-tools';
import type { FuncType } from '../../src/abi/types.ts';
import { createSource } from '../../src/component/source.ts';
import { planComponent } from '../../src/linker/link.ts';
import { copyOwnWit, importsOf, listOwnPackages } from '../../scripts/wit/own-packages.ts';
import { wasiInterfaces } from '../../src/wasi/interfaces.ts';

/** Filled by `npm run wit`. */
const DEPS = join(import.meta.dirname, '../../wit/deps');
const RELEASE = '0.2.12';
/** All that the host serves. */
const WORLD = `package test:all;
world all {
  include wasi:cli/imports@${RELEASE};
  include wasi:http/imports@${RELEASE};
  ${listOwnPackages().map(importsOf).join('\n  ')}
  export wasi:http/incoming-handler@${RELEASE};
}`;
/** Behind these are functions that are served although they are unstable. */
const FEATURES = ['network-error-code', 'informational-outbound-responses'];

/** A function as declared in WASI's WIT. */
export interface WitFunc {
  /** Without version: `wasi:io/poll`. */
  readonly interfaceName: string;
  readonly version: string;
  /** `[method]pollable.ready` */
  readonly name: string;
  readonly type: FuncType;
}

/** A component of the world `all` with this core module; without one, with a module that imports every function and does nothing. */
export async function componentOfAll(module?: Uint8Array): Promise<Uint8Array> {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'wit-'));
  cpSync(DEPS, join(directory.path, 'deps'), { recursive: true });
  copyOwnWit(join(directory.path, 'deps'));
  writeFileSync(join(directory.path, 'world.wit'), WORLD);
  const embedded = await componentEmbed({
    ...(module === undefined ? { dummy: true } : { binary: module }),
    witPath: directory.path,
    world: 'all',
    features: { tag: 'list', val: FEATURES },
  });
  return await componentNew(embedded, []);
}

/** Every function of WASI that the host serves, with its type: wit-component encodes the WIT, and our own decoder reads that. */
export async function readWitFuncs(): Promise<WitFunc[]> {
  const plan = planComponent(createSource('all', await componentOfAll()), wasiInterfaces);
  return plan.lowerings.flatMap(({ func }) => {
    if (func.by !== 'host') return [];
    const [versioned = '', name = ''] = func.name.split('#');
    const [interfaceName = '', version = ''] = versioned.split('@');
    return [{ interfaceName, version, name, type: func.type }];
  });
}
