import { Buffer } from 'node:buffer';
import type { CanonicalOptions, LiftLowerContext } from './context.ts';
import { UTF16_TAG } from './load-string.ts';

/** Up to this many characters, copying here is faster than a call out of JavaScript. Measured on x64. */
const MAX_COPIED_CHARS = 32;

/**
 * Stores a string in memory that the guest allocates. Returns the pointer, and leaves the length, tagged if the encoding has a tag, in `cx.lengthStored`, to
 * avoid allocating a pair.
 */
export type StoreString = (cx: LiftLowerContext, v: string) => number;

/**
 * The function that stores strings, by encoding. The source encoding is ours to choose, so each string is stored as if it already had the guest's encoding,
 * with one allocation of the exact size. Lone surrogates of the host become U+FFFD.
 *
 * Source: `store_string_into_range`, `store_string_copy`.
 */
export const STORE_STRING = {
  utf8: storeUtf8,
  utf16: storeUtf16,
  'latin1+utf16': storeLatin1OrUtf16,
} satisfies Record<CanonicalOptions['stringEncoding'], StoreString>;

/** Stores a string in the guest's encoding. Source: `store_string_into_range`. */
export function storeStringIntoRange(cx: LiftLowerContext, v: string): number {
  return STORE_STRING[cx.opts.stringEncoding](cx, v);
}

function storeUtf8(cx: LiftLowerContext, v: string): number {
  if (v.length <= MAX_COPIED_CHARS && isAscii(v)) return storeAscii(cx, v);
  const byteLength = Buffer.byteLength(v, 'utf8');
  const ptr = cx.allocate(1, byteLength);
  cx.memory.text.write(v, ptr, byteLength, 'utf8');
  cx.lengthStored = byteLength;
  return ptr;
}

function storeAscii(cx: LiftLowerContext, v: string): number {
  const ptr = cx.allocate(1, v.length);
  const { bytes } = cx.memory;
  for (let i = 0; i < v.length; i++) bytes[ptr + i] = v.charCodeAt(i);
  cx.lengthStored = v.length;
  return ptr;
}

function storeUtf16(cx: LiftLowerContext, v: string): number {
  const ptr = cx.allocate(2, 2 * v.length);
  cx.memory.text.write(v.toWellFormed(), ptr, 2 * v.length, 'utf16le');
  cx.lengthStored = v.length;
  return ptr;
}

function storeLatin1OrUtf16(cx: LiftLowerContext, v: string): number {
  if (!isLatin1(v)) {
    const ptr = storeUtf16(cx, v);
    cx.lengthStored += UTF16_TAG;
    return ptr;
  }
  const ptr = cx.allocate(2, v.length);
  cx.memory.text.write(v, ptr, v.length, 'latin1');
  cx.lengthStored = v.length;
  return ptr;
}

function isAscii(v: string): boolean {
  for (let i = 0; i < v.length; i++) {
    if (v.charCodeAt(i) >= 0x80) return false;
  }
  return true;
}

function isLatin1(v: string): boolean {
  for (let i = 0; i < v.length; i++) {
    if (v.charCodeAt(i) > 0xff) return false;
  }
  return true;
}
