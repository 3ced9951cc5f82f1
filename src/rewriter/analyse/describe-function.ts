import { ByteReader } from '../../wasm/byte-reader.ts';
import type { CoreModule } from '../core-module.ts';

/** The subsection of function names in the custom section `name`. */
const FUNCTION_NAMES = 1;
const NAME_BYTES_OF_NAME = 5;

/** How messages refer to a function: by its index, and its name if the module has one. */
export function describeFunction(module: CoreModule, index: number): string {
  const name = findName(module, index);
  return name === undefined ? `function ${index}` : `function ${index} (${JSON.stringify(name).slice(0, MAX_LENGTH)})`;
}

/** The longest name in a message. */
const MAX_LENGTH = 120;

/** `undefined` if the section is malformed. */
function findName({ bytes, sections }: CoreModule, index: number): string | undefined {
  const section = sections.names;
  if (section === undefined) return undefined;
  try {
    return readName(new ByteReader(bytes, section.at + NAME_BYTES_OF_NAME, section.end), index);
  } catch {
    return undefined;
  }
}

function readName(reader: ByteReader, index: number): string | undefined {
  while (reader.at < reader.end) {
    const id = reader.byte();
    const byteLength = reader.u32();
    if (id !== FUNCTION_NAMES) {
      reader.skip(byteLength);
      continue;
    }
    for (let rest = reader.count(); rest > 0; rest--) {
      const named = reader.u32();
      const name = reader.byteVector();
      if (named === index) return new TextDecoder().decode(name.subarray(0, MAX_LENGTH));
    }
    return undefined;
  }
  return undefined;
}
