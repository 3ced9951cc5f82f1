import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { decodeComponent } from '../../src/component/decode.ts';
import { createSource } from '../../src/component/source.ts';
import { guestFile } from './guests.ts';

/** A component's bytes, and those that say how it is linked: not the insides of its core modules. */
export interface Mutable {
  readonly bytes: Uint8Array;
  readonly offsets: readonly number[];
}

const PREAMBLE_BYTES = 8;

/** A guest of components/. */
export function readSmall(name: string): Mutable {
  const bytes = readFileSync(guestFile(name));
  const { definitions } = decodeComponent(createSource(name, bytes));
  const inModules = new Set<number>();
  for (const definition of definitions) {
    if (definition.at !== 'core module') continue;
    for (let index = 0; index < definition.bytes.byteLength; index += 1) inModules.add(definition.offset + index);
  }
  const offsets = Array.from(bytes.keys()).filter((offset) => offset >= PREAMBLE_BYTES && !inModules.has(offset));
  return { bytes, offsets };
}

/** The component with one to six of its bytes changed, by little or to anything. */
export function mutations({ bytes, offsets }: Mutable): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    offset: fc.constantFrom(...offsets),
    value: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(-1, -2, -3)),
  });
  return fc.array(change, { minLength: 1, maxLength: 6 }).map((changes) => {
    const mutated = Uint8Array.from(bytes);
    for (const { offset, value } of changes) mutated[offset] = value < 0 ? (mutated[offset] ?? 0) - value : value;
    return mutated;
  });
}
