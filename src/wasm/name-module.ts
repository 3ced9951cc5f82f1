import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { SECTION } from './sections.ts';

const NAME_SECTION = 'name';
const HEADER_BYTES = 8;

/** The subsection with the module's own name. Source: core specification, appendix "Custom Sections". */
const MODULE_NAME = 0;

/** A module that is the same but for its name, which V8 shows in the URL of its functions. Throws `HostError` if its sections are malformed. */
export function nameModule(bytes: Uint8Array, name: string): Uint8Array {
  const reader = new ByteReader(bytes, HEADER_BYTES);
  const output = new ByteWriter(bytes.length + name.length + 64);
  output.copy(bytes, 0, HEADER_BYTES);
  let others: Uint8Array = new Uint8Array();
  while (reader.at < reader.end) {
    const start = reader.at;
    const id = reader.byte();
    const content = new ByteReader(reader.byteVector());
    if (id === SECTION.custom && content.name() === NAME_SECTION) others = withoutModuleName(content);
    else output.copy(bytes, start, reader.at);
  }
  output.byte(SECTION.custom);
  const start = output.length;
  output.name(NAME_SECTION);
  output.byte(MODULE_NAME);
  const nameStart = output.length;
  output.name(name);
  output.prefixLength(nameStart);
  output.copy(others, 0, others.length);
  output.prefixLength(start);
  return output.written();
}

/** The subsections of a name section besides that of the module's name. */
function withoutModuleName(reader: ByteReader): Uint8Array {
  const kept = new ByteWriter(reader.end - reader.at);
  while (reader.at < reader.end) {
    const start = reader.at;
    const id = reader.byte();
    reader.byteVector();
    if (id !== MODULE_NAME) kept.copy(reader.bytes, start, reader.at);
  }
  return kept.written();
}
