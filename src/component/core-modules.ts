import { metadataShow } from '@bytecodealliance/jco-transpile/wasm-tools';
import type { ComponentSource } from './source.ts';

/** A core module inside a component. */
export interface CoreModule {
  /** From its name section; `undefined` where it has none. */
  readonly name: string | undefined;
  /** Where it begins in the component's bytes. */
  readonly byteOffset: number;
  readonly byteLength: number;
  /** What made it, as its producers section says: `rustc 1.90.0`. */
  readonly producers: readonly string[];
}

/** The core modules of a component, nested ones too, in the order of its bytes. */
export async function readCoreModules({ bytes }: ComponentSource): Promise<CoreModule[]> {
  const entries = await metadataShow(bytes);
  return entries.flatMap(({ metaType, name, range: [start, end], producers }) => {
    if (metaType.tag !== 'module') return [];
    const makers = producers.flatMap(([, names]) => names.map(([maker, version]) => `${maker} ${version}`.trim()));
    return [{ name, byteOffset: start, byteLength: end - start, producers: makers }];
  });
}
