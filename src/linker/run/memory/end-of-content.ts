/** The length of a memory's bytes, from its start on, without trailing zeros. */
export function endOfContent(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / Int32Array.BYTES_PER_ELEMENT);
  let word = words.length;
  while (word > 0 && words[word - 1] === 0) word -= 1;
  let end = word * words.BYTES_PER_ELEMENT;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return end;
}
