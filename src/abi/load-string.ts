import { isUtf8 } from 'node:buffer';
import type { CanonicalOptions, LiftLowerContext } from './context.ts';
import { checkRange, type GuestMemory } from './guest-memory.ts';
import { Trap } from '../util/trap.ts';

/** Tags the length of a `latin1+utf16` string that is UTF-16. Source: `utf16_tag`. */
export const UTF16_TAG = 0x8000_0000;

/** Source: `MAX_STRING_BYTE_LENGTH`. */
const MAX_STRING_BYTE_LENGTH = 2 ** 28 - 1;

/** Up to this many bytes, building the string here is faster than a call out of JavaScript. Measured on x64. */
const MAX_BUILT_BYTES = 16;

/** Loads a string of one encoding. `ptr` and `taggedCodeUnits` are 32-bit integers of either sign. */
export type LoadString = (cx: LiftLowerContext, ptr: number, taggedCodeUnits: number) => string;

/** The function that loads strings, by encoding. Source: `load_string_from_range`. */
export const LOAD_STRING = {
  utf8: loadUtf8,
  utf16: loadUtf16,
  'latin1+utf16': loadLatin1OrUtf16,
} satisfies Record<CanonicalOptions['stringEncoding'], LoadString>;

/** Loads a string in the guest's encoding. Source: `load_string_from_range`. */
export function loadStringFromRange(cx: LiftLowerContext, ptr: number, taggedCodeUnits: number): string {
  return LOAD_STRING[cx.opts.stringEncoding](cx, ptr, taggedCodeUnits);
}

function loadUtf8(cx: LiftLowerContext, ptr: number, taggedCodeUnits: number): string {
  const begin = ptr >>> 0;
  const byteLength = taggedCodeUnits >>> 0;
  checkString(cx, begin, byteLength, 1);
  const built = byteLength <= MAX_BUILT_BYTES ? buildAscii(cx.memory.bytes, begin, byteLength) : undefined;
  return built ?? decodeUtf8(cx.memory, begin, byteLength);
}

function loadUtf16(cx: LiftLowerContext, ptr: number, codeUnits: number): string {
  const begin = ptr >>> 0;
  const byteLength = 2 * (codeUnits >>> 0);
  checkString(cx, begin, byteLength, 2);
  const text = cx.memory.text.toString('utf16le', begin, begin + byteLength);
  if (!text.isWellFormed()) throw new Trap(`invalid UTF-16 in the string at ${begin}: lone surrogate`);
  return text;
}

function loadLatin1OrUtf16(cx: LiftLowerContext, ptr: number, taggedCodeUnits: number): string {
  const begin = ptr >>> 0;
  const tagged = taggedCodeUnits >>> 0;
  if (tagged >= UTF16_TAG) return loadUtf16(cx, begin, tagged - UTF16_TAG);
  checkString(cx, begin, tagged, 2);
  return cx.memory.text.toString('latin1', begin, begin + tagged);
}

function checkString(cx: LiftLowerContext, ptr: number, byteLength: number, alignment: number): void {
  if (byteLength > MAX_STRING_BYTE_LENGTH) throw new Trap(`a string of ${byteLength} bytes is too long`);
  checkRange(cx.memory, ptr, byteLength, alignment);
  cx.charge(byteLength);
}

/** The bytes as a string if all are ASCII. Processes four at a time, because calls and concatenations are expensive. */
function buildAscii(bytes: Uint8Array, ptr: number, byteLength: number): string | undefined {
  const end = ptr + byteLength;
  let text = '';
  let i = ptr;
  for (; i + 4 <= end; i += 4) {
    const a = bytes[i] ?? 0;
    const b = bytes[i + 1] ?? 0;
    const c = bytes[i + 2] ?? 0;
    const d = bytes[i + 3] ?? 0;
    if ((a | b | c | d) >= 0x80) return undefined;
    text += String.fromCharCode(a, b, c, d);
  }
  for (; i < end; i++) {
    const a = bytes[i] ?? 0;
    if (a >= 0x80) return undefined;
    text += String.fromCharCode(a);
  }
  return text;
}

/** Node's decoder replaces invalid UTF-8 by U+FFFD, so only a string that contains one needs the slow, strict decoder. */
function decodeUtf8(memory: GuestMemory, ptr: number, byteLength: number): string {
  const text = memory.text.toString('utf8', ptr, ptr + byteLength);
  if (text.includes('\uFFFD') && !isUtf8(memory.bytes.subarray(ptr, ptr + byteLength))) {
    throw new Trap(`invalid UTF-8 in the string at ${ptr}`);
  }
  return text;
}
