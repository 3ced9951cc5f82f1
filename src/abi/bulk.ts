import type { GuestMemory } from './guest-memory.ts';
import { storeF32, storeF64 } from './numbers.ts';

/** The element types of lists that are copied in one go. Every platform that V8 supports has WebAssembly's byte order. */
const ARRAYS = {
  s8: Int8Array,
  u8: Uint8Array,
  s16: Int16Array,
  u16: Uint16Array,
  s32: Int32Array,
  u32: Uint32Array,
  f32: Float32Array,
  f64: Float64Array,
  s64: BigInt64Array,
  u64: BigUint64Array,
} as const;

export type BulkKind = keyof typeof ARRAYS;

/** Up to this many bytes, a loop is faster than a copy by V8. Measured on x64. */
const MAX_LOOPED_BYTES = 24;

export function isBulk(kind: string): kind is BulkKind {
  return Object.hasOwn(ARRAYS, kind);
}

/** The elements of a list of numbers in checked memory: a Uint8Array for `u8`, else an array. */
export function loadBulk(memory: GuestMemory, kind: BulkKind, ptr: number, length: number): unknown {
  if (kind === 'u8') return loadBytes(memory, ptr, length);
  const numbers: ArrayLike<number | bigint> = new ARRAYS[kind](memory.view.buffer, ptr, length);
  // `Array.from` takes ten times as long: about 50 ms for as many elements as a call may pass.
  const values: (number | bigint)[] = [];
  values.length = length;
  for (let index = 0; index < length; index++) values[index] = numbers[index] as number | bigint;
  return values;
}

/** A copy of checked memory. */
export function loadBytes(memory: GuestMemory, ptr: number, byteLength: number): Uint8Array {
  const { bytes } = memory;
  if (byteLength > MAX_LOOPED_BYTES) return bytes.slice(ptr, ptr + byteLength);
  const copy = new Uint8Array(byteLength);
  for (let i = 0; i < byteLength; i++) copy[i] = bytes[ptr + i] ?? 0;
  return copy;
}

/** Writes a list of numbers to checked memory. */
export function storeBulk(memory: GuestMemory, kind: BulkKind, ptr: number, v: ArrayLike<number | bigint>): void {
  if (kind === 'u8') memory.bytes.set(v as ArrayLike<number>, ptr);
  else if (kind === 'f32') storeEach(memory, ptr, v as ArrayLike<number>, storeF32);
  else if (kind === 'f64') storeEach(memory, ptr, v as ArrayLike<number>, storeF64);
  else (new ARRAYS[kind](memory.view.buffer, ptr, v.length) as Settable).set(v);
}

/** TypeScript cannot see that the elements of `v` have the array's kind. */
interface Settable {
  set(v: ArrayLike<number | bigint>): void;
}

/** Floats are stored one by one, because a NaN must be the canonical one. */
function storeEach(memory: GuestMemory, ptr: number, v: ArrayLike<number>, store: typeof storeF32): void {
  const byteLength = store === storeF32 ? 4 : 8;
  for (let i = 0; i < v.length; i++) store(memory.view, ptr + i * byteLength, v[i] ?? NaN);
}
