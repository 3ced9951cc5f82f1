import { ByteReader } from '../../wasm/byte-reader.ts';
import { ByteWriter } from '../../wasm/byte-writer.ts';
import type { CoreModule } from '../core-module.ts';

/** The section's name, `name`, with its length. */
const TITLE: readonly number[] = Object.freeze([4, 0x6e, 0x61, 0x6d, 0x65]);

/**
 * V8 reads all names of a module for the first backtrace (measured: 100 ms for 100,000 names), and copies the full names of its frames into each one
 * (200 ms for a name of 56 MB). All names of StarlingMonkey take 5 kB.
 */
const MAX_NAMES = 50_000;
const MAX_NAME_BYTES = 256;

/** The subsections of the module's name and of functions' names. Source: core specification, appendix "Custom Sections". */
const COPIES: ReadonlyMap<number, (reader: ByteReader, output: ByteWriter) => void> = new Map([
  [0, copyName],
  [1, copyNames],
]);

/**
 * A name section for backtraces, with the module's and its functions' names, within bounds: long names are cut, and only the first ones are kept.
 * `undefined` if there are none, or the section is malformed.
 */
export function toNameSection({ bytes, sections: { names } }: CoreModule): Uint8Array | undefined {
  if (names === undefined) return undefined;
  const reader = new ByteReader(bytes, names.at + TITLE.length, names.end);
  const output = new ByteWriter(1024);
  output.append(TITLE);
  const copied = new Set<number>();
  try {
    while (reader.at < reader.end) {
      const id = reader.byte();
      const content = new ByteReader(reader.byteVector());
      const copy = COPIES.get(id);
      // Each may occur once.
      if (copy === undefined || copied.has(id)) continue;
      copied.add(id);
      output.byte(id);
      const start = output.length;
      copy(content, output);
      output.prefixLength(start);
    }
    return output.written();
  } catch {
    // V8 ignores malformed sections too.
    return undefined;
  }
}

function copyNames(reader: ByteReader, output: ByteWriter): void {
  const count = Math.min(reader.count(), MAX_NAMES);
  output.u32(count);
  for (let rest = count; rest > 0; rest--) {
    output.u32(reader.u32());
    copyName(reader, output);
  }
}

function copyName(reader: ByteReader, output: ByteWriter): void {
  const name = reader.byteVector();
  let length = Math.min(name.length, MAX_NAME_BYTES);
  // Do not cut within a character.
  while (length < name.length && length > 0 && ((name[length] as number) & 0xc0) === 0x80) length -= 1;
  output.u32(length);
  output.copy(name, 0, length);
}
