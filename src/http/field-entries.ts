/**
 * Names and values of a header or trailer section, in order, duplicates kept.
 *
 * Shape: `[name, value][]`; names in lower case, values as byte strings (one char U+0000-U+00FF a byte, Node's `latin1`),
 * the form in which node:http takes and gives them.
 */
export type FieldEntries = readonly (readonly [name: string, value: string])[];

/** The bytes of a byte string. */
export function toBytes(value: string): Uint8Array {
  const bytes = new Uint8Array(value.length);
  for (let index = 0; index < value.length; index += 1) bytes[index] = value.charCodeAt(index);
  return bytes;
}

/** Up to this many bytes V8 keeps in the array itself; a buffer around them would be made first. */
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

/** What V8 takes for an entry beside its characters: a pair, its place in a list, two strings. Measured: 112 bytes. */
export const ENTRY_HELD_BYTES = 128;

/** What entries take of the host's memory. */
export function heldBytesOf(entries: FieldEntries): number {
  return entries.reduce((sum, [name, value]) => sum + name.length + value.length + ENTRY_HELD_BYTES, 0);
}
