import type { ComponentInstance } from './component-instance.ts';
import { Trap } from '../util/trap.ts';

const CANONICAL_FLOAT32_NAN = 0x7fc00000;
const CANONICAL_FLOAT64_NAN = 0x7ff8000000000000n;

/** Replaces any NaN by the canonical one, so that NaN bits carry no information across. Source: `canonicalize_nan32`, `canonicalize_nan64`. */
export function canonicalizeNan(f: number): number {
  // Only NaN differs from itself; V8 compiles this better than Number.isNaN if f is known to be a double.
  return f === f ? f : NaN;
}

/** Source: `decode_i32_as_float`. */
export function decodeI32AsFloat(inst: ComponentInstance, i: number): number {
  const { scratch } = inst;
  scratch.setInt32(0, i, true);
  return canonicalizeNan(scratch.getFloat32(0, true));
}

/** Source: `decode_i64_as_float`. */
export function decodeI64AsFloat(inst: ComponentInstance, i: bigint): number {
  const { scratch } = inst;
  scratch.setBigInt64(0, i, true);
  return canonicalizeNan(scratch.getFloat64(0, true));
}

/** The result is signed. Source: `encode_float_as_i32` of the deterministic profile. */
export function encodeFloatAsI32(inst: ComponentInstance, f: number): number {
  const { scratch } = inst;
  storeF32(scratch, 0, f);
  return scratch.getInt32(0, true);
}

/** The result is signed. Source: `encode_float_as_i64` of the deterministic profile. */
export function encodeFloatAsI64(inst: ComponentInstance, f: number): bigint {
  const { scratch } = inst;
  storeF64(scratch, 0, f);
  return scratch.getBigInt64(0, true);
}

/** Stores a float. A NaN becomes the canonical one, whatever its bits in V8. */
export function storeF32(view: DataView, ptr: number, f: number): void {
  if (Number.isNaN(f)) view.setInt32(ptr, CANONICAL_FLOAT32_NAN, true);
  else view.setFloat32(ptr, f, true);
}

/** Like `storeF32`, for 64 bits. */
export function storeF64(view: DataView, ptr: number, f: number): void {
  if (Number.isNaN(f)) view.setBigInt64(ptr, CANONICAL_FLOAT64_NAN, true);
  else view.setFloat64(ptr, f, true);
}

/** A Unicode scalar value as a string; traps if `i` is not one. Source: `convert_i32_to_char`. */
export function convertI32ToChar(i: number): string {
  const code = i >>> 0;
  if (code >= 0x110000 || (code >= 0xd800 && code <= 0xdfff)) throw new Trap(`${code} is not a Unicode scalar value`);
  return String.fromCodePoint(code);
}

/** Throws a TypeError unless the host passed a single Unicode scalar value. Source: `char_to_i32`. */
export function charToI32(c: string): number {
  const code = c.codePointAt(0);
  if (code === undefined || c.length !== (code > 0xffff ? 2 : 1) || (code >= 0xd800 && code <= 0xdfff)) {
    throw new TypeError(`the host returned ${JSON.stringify(c)} for a char`);
  }
  return code;
}

/** Traps for a discriminant without a case. */
export function trapNoCase(discriminant: number, cases: number): never {
  throw new Trap(`invalid discriminant ${discriminant >>> 0}: there are ${cases} cases`);
}
