import { fieldsOf, isRecordLike, isVariantLike, type Kind, partsOf } from './despecialize.ts';
import { elemSize } from './layout.ts';
import type { ValType } from './types.ts';

/**
 * What one element of a list takes from the budget of its call: its size in the guest, or in our heap if that is more.
 *
 * A guest can have millions of empty lists in memory that it never wrote, and each is an object of ours.
 */
export function elementCost(element: ValType): number {
  return element.kind === 'u8' ? 1 : Math.max(elemSize(element), hostSize(element));
}

/** What V8 takes for an object with no properties, about. */
const OBJECT_BYTES = 32;

/** A handle is looked up, checked and lent besides, which takes the time of so much. */
const HANDLE_BYTES = 4 * OBJECT_BYTES;

/** V8 has a number that is no small integer in an object. */
const NUMBER_BYTES = 16;

/** A string is decoded, or allocated in the guest, which takes the time of so much. */
const STRING_BYTES = 2 * OBJECT_BYTES;

/** As is a list of bytes, a view of a buffer of its own. */
const BYTE_LIST_BYTES = 8 * OBJECT_BYTES;

/** About how many bytes V8 takes for a value, without what its strings and lists hold. */
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

/** Values that take more than the place they are in. */
const ON_HEAP: ReadonlySet<Kind> = new Set<Kind>(['s64', 'u64', 'char']);
