import { cpSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentEmbed } from '@bytecodealliance/jco-transpile/wasm-tools';
import { readWorld } from '../../src/component/encode-interface.ts';

/** The WASI release that the host provides. */
export const WASI_RELEASE = '0.2.12';

const DEPS = join(import.meta.dirname, '../../wit/deps');

/** Everything that a guest may import, and what the host calls in it. */
const WORLD = `package wasi-serve:types;
world wasi {
  include wasi:cli/imports@${WASI_RELEASE};
  include wasi:http/imports@${WASI_RELEASE};
  export wasi:http/incoming-handler@${WASI_RELEASE};
}`;

/** The WIT in `wit/deps` in binary form, including unstable functions: the host's tables determine which of these are provided. */
export async function encodeWasi(): Promise<Uint8Array> {
  using directory = mkdtempDisposableSync(join(tmpdir(), 'wit-'));
  cpSync(DEPS, join(directory.path, 'deps'), { recursive: true });
  writeFileSync(join(directory.path, 'world.wit'), WORLD);
  const embedded = await componentEmbed({
    dummy: true,
    witPath: directory.path,
    world: 'wasi',
    features: { tag: 'all' },
  });
  return readWorld(new Uint8Array(embedded));
}
