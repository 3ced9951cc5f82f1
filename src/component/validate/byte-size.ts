import { SIZES } from '../../abi/layout.ts';
import type { ValType } from '../../abi/types.ts';
import { casesOf, fieldsOf } from '../../abi/despecialize.ts';
import { isPrim } from './checked-types.ts';

/** The layout of a value in memory. */
export interface ByteSize {
  readonly byteLength: number;
  readonly alignment: number;
}

type SizeOf = (type: ValType) => ByteSize;

/** A pointer and a length, 64 bits each. */
const RANGE: ByteSize = { byteLength: 16, alignment: 8 };
const HANDLE: ByteSize = { byteLength: 4, alignment: 4 };

/**
 * The size of a value in a memory with 64-bit addresses, for which the limit on sizes is defined. `sizeOf` returns the sizes of parts.
 *
 * Source: `elem_size` and `alignment` in component-model `CanonicalABI.md`.
 */
export function byteSizeOf(type: ValType, sizeOf: SizeOf): ByteSize {
  if (isPrim(type)) return type.kind === 'string' ? RANGE : ofInteger(SIZES[type.kind]);
  switch (type.kind) {
    case 'list':
      return type.length === undefined ? RANGE : repeated(sizeOf(type.element), type.length);
    case 'own':
    case 'borrow':
      return HANDLE;
    case 'flags':
      return ofInteger(type.labels.length <= 8 ? 1 : type.labels.length <= 16 ? 2 : 4);
    case 'record':
    case 'tuple':
      return inARow(fieldsOf(type).map((field) => sizeOf(field.type)));
    case 'variant':
    case 'enum':
    case 'option':
    case 'result':
      break;
  }
  return ofVariant(casesOf(type).map((c) => (c.type === undefined ? undefined : sizeOf(c.type))));
}

function ofInteger(byteLength: number): ByteSize {
  return { byteLength, alignment: byteLength };
}

function repeated({ byteLength, alignment }: ByteSize, length: number): ByteSize {
  return { byteLength: byteLength * length, alignment };
}

function inARow(parts: readonly ByteSize[]): ByteSize {
  let byteLength = 0;
  let alignment = 1;
  for (const part of parts) {
    byteLength = alignTo(byteLength, part.alignment) + part.byteLength;
    alignment = Math.max(alignment, part.alignment);
  }
  return { byteLength: alignTo(byteLength, alignment), alignment };
}

function ofVariant(payloads: readonly (ByteSize | undefined)[]): ByteSize {
  const discriminant = payloads.length <= 2 ** 8 ? 1 : payloads.length <= 2 ** 16 ? 2 : 4;
  let alignment = discriminant;
  let largest = 0;
  let payloadAlignment = 1;
  for (const payload of payloads) {
    if (payload === undefined) continue;
    payloadAlignment = Math.max(payloadAlignment, payload.alignment);
    largest = Math.max(largest, payload.byteLength);
  }
  alignment = Math.max(alignment, payloadAlignment);
  return { byteLength: alignTo(alignTo(discriminant, payloadAlignment) + largest, alignment), alignment };
}

function alignTo(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}
