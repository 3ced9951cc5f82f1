/**
 * Names and values of a header or trailer section, in order, duplicates kept.
 *
 * Shape: `[name, value][]`; names in lower case, values as byte strings (each byte is a char U+0000-U+00FF, Node's `latin1`),
 * as node:http takes and returns them.
 */
export type FieldEntries = readonly (readonly [name: string, value: string])[];

/** The bytes of a byte string. */
export function toBytes(value: string): Uint8Array {
  const bytes = new Uint8Array(value.length);
  for (let index = 0; index < value.length; index += 1) bytes[index] = value.charCodeAt(index);
  return bytes;
}

/** V8 keeps arrays of up to this many bytes on its heap; viewing them as a `Buffer` would first move them off it. */
const MAX_INLINE_BYTES = 64;

/** The byte string of `bytes`. */
export function toByteString(bytes: Uint8Array): string {
  if (bytes.byteLength <= MAX_INLINE_BYTES) return Reflect.apply(String.fromCharCode, undefined, bytes);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** The value of the first field called `name` (lower case). */
export function firstValue(entries: FieldEntries, name: string): string | undefined {
  return entries.find((entry) => entry[0] === name)?.[1];
}

/** The memory that V8 takes for an entry besides its characters: a pair, its place in a list, two strings. Measured: 112 bytes. */
export const ENTRY_HELD_BYTES = 128;

/** How much of the host's memory entries take. */
export function heldBytesOf(entries: FieldEntries): number {
  return entries.reduce((sum, [name, value]) => sum + name.length + value.length + ENTRY_HELD_BYTES, 0);
}
