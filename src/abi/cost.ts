import { fieldsOf, isRecordLike, isVariantLike, type Kind, partsOf } from './despecialize.ts';
import { elemSize } from './layout.ts';
import type { ValType } from './types.ts';

/**
 * How much one element of a list takes from its call's budget: its size in the guest, or in our heap if that is larger.
 *
 * A guest can have millions of empty lists in memory that it never wrote, and each becomes an object on our side.
 */
export function elementCost(element: ValType): number {
  return element.kind === 'u8' ? 1 : Math.max(elemSize(element), hostSize(element));
}

/** About what V8 takes for an object without properties. */
const OBJECT_BYTES = 32;

/** A handle is also looked up, checked and lent, which takes as much time as copying this many bytes. */
const HANDLE_BYTES = 4 * OBJECT_BYTES;

/** V8 stores a number that is not a small integer in an object. */
const NUMBER_BYTES = 16;

/** A string is decoded, or allocated in the guest, which takes as much time as copying this many bytes. */
const STRING_BYTES = 2 * OBJECT_BYTES;

/** The same for a list of bytes, which is a view with its own buffer. */
const BYTE_LIST_BYTES = 8 * OBJECT_BYTES;

/** About how many bytes V8 takes for a value, without the contents of its strings and lists. */
function hostSize(t: ValType): number {
  if (t.kind === 'own' || t.kind === 'borrow') return HANDLE_BYTES;
  if (t.kind === 'list') return t.element.kind === 'u8' ? BYTE_LIST_BYTES : 2 * OBJECT_BYTES;
  if (t.kind === 'string') return STRING_BYTES;
  if (t.kind === 'f32' || t.kind === 'f64') return NUMBER_BYTES;
  if (t.kind === 'flags') return OBJECT_BYTES + 8 * t.labels.length;
  if (isRecordLike(t)) return fieldsOf(t).reduce((sum, field) => sum + hostSize(field.type), OBJECT_BYTES);
  if (isVariantLike(t)) return partsOf(t).reduce((max, part) => Math.max(max, hostSize(part)), 0) + OBJECT_BYTES;
  return ON_HEAP.has(t.kind) ? OBJECT_BYTES : 8;
}

/** Values that take more than the slot that holds them. */
const ON_HEAP: ReadonlySet<Kind> = new Set<Kind>(['s64', 'u64', 'char']);
