import type { ComponentDefinition, Definition } from './definitions.ts';
import { HostError } from '../util/host-error.ts';
import { Reader } from './reader.ts';

/** A core module inside a component. */
export interface CoreModuleFacts {
  /** The name from its name section; `undefined` if it has none. */
  readonly name: string | undefined;
  /** Its offset in the component's bytes. */
  readonly byteOffset: number;
  readonly byteLength: number;
  /** The tools that made it, from its producers section: `rustc 1.90.0`. */
  readonly producers: readonly string[];
}

/** The core modules of a component, including nested ones, in the order of its bytes. */
export function readCoreModules({ definitions }: ComponentDefinition): CoreModuleFacts[] {
  return definitions.flatMap((definition) => {
    if (definition.at === 'component') return readCoreModules(definition.component);
    return definition.at === 'core module' ? [describeModule(definition)] : [];
  });
}

function describeModule({ bytes, offset }: Definition & { at: 'core module' }): CoreModuleFacts {
  const described = { name: undefined as string | undefined, producers: [] as string[] };
  ignoringDamage(() => {
    for (const [name, section] of customSections(bytes)) {
      if (name === 'name') ignoringDamage(() => (described.name = readModuleName(section) ?? described.name));
      if (name === 'producers') ignoringDamage(() => described.producers.push(...readProducers(section)));
    }
  });
  return { name: described.name, byteOffset: offset, byteLength: bytes.byteLength, producers: described.producers };
}

/** Custom sections do not affect how a module runs: damage in them is no reason to withhold the rest. */
function ignoringDamage(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
  }
}

const PREAMBLE_BYTES = 8;

function* customSections(bytes: Uint8Array): Generator<readonly [name: string, section: Reader]> {
  const state = { label: 'a core module', bytes, maxNesting: 0, itemsLeft: 100_000 };
  const reader = new Reader(state, PREAMBLE_BYTES, bytes.byteLength);
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const section = reader.part(reader.u32());
    if (id === 0) yield [section.name(), section];
  }
}

/** Source: core specification 3.0, 7.4.1 "Name Section", subsection 0. */
function readModuleName(section: Reader): string | undefined {
  if (section.isAtEnd || section.byte() !== 0) return undefined;
  return section.part(section.u32()).name();
}

/** Shape: fields, each a name and a vector of names with versions. Source: tool-conventions, `ProducersSection.md`. */
function readProducers(section: Reader): string[] {
  const fields = section.vec((reader) => {
    reader.name();
    return reader.vec((makers) => `${makers.name()} ${makers.name()}`.trim());
  });
  return fields.flat();
}
