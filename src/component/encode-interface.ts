import type { HostInterface } from '../abi/host-interface.ts';
import { HostError } from '../util/host-error.ts';

/** The section of a core module in which wit-component stores its world. */
const WORLD_SECTION = 'component-type';

/** The name of the generated world that imports one interface; no package has a world of this name. */
const WORLD = 'wasi-serve-types-of-an-interface';

/**
 * Returns the interface with its WIT text, if any, encoded to binary.
 *
 * Throws `HostError` if the text is not valid WIT, or does not define the interface. Loads jco's tools, which takes a moment.
 */
export async function encodeInterface<Ctx>(host: HostInterface<Ctx>): Promise<HostInterface<Ctx>> {
  const { name, wit } = host;
  if (typeof wit !== 'string') return host;
  const bytes = await encodeWit(name, wit).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HostError('bad-argument', `invalid WIT of the interface ${name}: ${reason}`, { cause: error });
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

/** The encoded world that wit-component stored in a core module. */
export function readWorld(coreModule: Uint8Array<ArrayBuffer>): Uint8Array {
  const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(coreModule), WORLD_SECTION);
  if (section === undefined) throw new HostError('bad-component', 'the core module has no embedded world');
  return new Uint8Array(section);
}
