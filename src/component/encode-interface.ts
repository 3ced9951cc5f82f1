import type { HostInterface } from '../abi/host-interface.ts';
import { HostError } from '../util/host-error.ts';

/** The section of a core module into which wit-component writes the world that it was made for. */
const WORLD_SECTION = 'component-type';

/** A world that imports one interface is called so; no package has one of this name. */
const WORLD = 'wasi-serve-types-of-an-interface';

/**
 * The interface with its WIT text, if it has one, in binary form.
 *
 * Throws `HostError` if the text is not WIT, or does not define the interface. Loads jco's tools, which takes a moment.
 */
export async function encodeInterface<Ctx>(host: HostInterface<Ctx>): Promise<HostInterface<Ctx>> {
  const { name, wit } = host;
  if (typeof wit !== 'string') return host;
  const bytes = await encodeWit(name, wit).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HostError('bad-argument', `the WIT of the interface ${name} cannot be read: ${reason}`, { cause: error });
  });
  return { ...host, wit: { label: `the WIT of ${name}`, decode: () => bytes } };
}

async function encodeWit(name: string, text: string): Promise<Uint8Array> {
  const { componentEmbed } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  const embedded = await componentEmbed({
    dummy: true,
    witSource: `${text}\nworld ${WORLD} { import ${name.slice(name.indexOf('/') + 1)}; }`,
    world: WORLD,
    features: { tag: 'all' },
  });
  return readWorld(new Uint8Array(embedded));
}

/** The world that wit-component wrote into a core module that it made. */
export function readWorld(coreModule: Uint8Array<ArrayBuffer>): Uint8Array {
  const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(coreModule), WORLD_SECTION);
  if (section === undefined) throw new HostError('bad-component', 'a core module without a world of its own');
  return new Uint8Array(section);
}
