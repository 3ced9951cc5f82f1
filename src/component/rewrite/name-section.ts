import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { CoreModule } from './core-module.ts';

/** Subsections of the custom section `name`. Source: core specification, appendix "Custom Sections". */
const MODULE_NAME = 0;
const FUNCTION_NAMES = 1;
/** The section's own name, `name`, with its length. */
const TITLE: readonly number[] = Object.freeze([4, 0x6e, 0x61, 0x6d, 0x65]);

/**
 * V8 reads all names of a module with the first backtrace, a microsecond each, and writes them out whole into every one: bounded, that is 50 ms at most and
 * some kilobytes a backtrace. StarlingMonkey has 20 to 200 names, debug builds of large guests some 20,000.
 */
const MAX_NAMES = 50_000;
const MAX_NAME_BYTES = 256;

/**
 * The section with a module's names of its functions and its own, for backtraces, within bounds: long names are cut, and of many the first stay.
 * `undefined` if it has none, or none that can be read.
 */
export function toNameSection({ bytes, sections: { names } }: CoreModule): Uint8Array | undefined {
  if (names === undefined) return undefined;
  const reader = new ByteReader(bytes, names.at + TITLE.length, names.end);
  const output = new ByteWriter(1024);
  output.append(TITLE);
  try {
    while (reader.at < reader.end) copySubsection(reader, output);
    return output.written();
  } catch {
    // V8 ignores what is malformed, and so what a module means by it is nobody's concern.
    return undefined;
  }
}

function copySubsection(reader: ByteReader, output: ByteWriter): void {
  const id = reader.byte();
  const content = reader.byteVector();
  const from = new ByteReader(content);
  if (id !== MODULE_NAME && id !== FUNCTION_NAMES) return;
  output.byte(id);
  const start = output.length;
  if (id === MODULE_NAME) copyName(from, output);
  else copyNames(from, output);
  output.prefixLength(start);
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
  // Not within a character.
  while (length < name.length && length > 0 && ((name[length] as number) & 0xc0) === 0x80) length -= 1;
  output.u32(length);
  output.copy(name, 0, length);
}
