import { despecialize } from './despecialize.ts';
import type { Case, Field, ValType } from './types.ts';

/** The size of a pointer. 64-bit memories are refused at load time. Source: `ptr_size`. */
const PTR_SIZE = 4;

/** The sizes of types without parts, handles among them. */
export const SIZES = {
  bool: 1,
  s8: 1,
  u8: 1,
  s16: 2,
  u16: 2,
  s32: 4,
  u32: 4,
  s64: 8,
  u64: 8,
  f32: 4,
  f64: 8,
  char: 4,
  own: 4,
  borrow: 4,
} as const;

/** Source: `alignment`. */
export function alignment(t: ValType): number {
  const type = despecialize(t);
  if (type.kind === 'string') return PTR_SIZE;
  if (type.kind === 'list') return type.length === undefined ? PTR_SIZE : alignment(type.element);
  if (type.kind === 'record') return alignmentRecord(type.fields);
  if (type.kind === 'variant') return alignmentVariant(type.cases);
  return type.kind === 'flags' ? elemSizeFlags(type.labels) : SIZES[type.kind];
}

function alignmentRecord(fields: readonly Field[]): number {
  return fields.reduce((max, field) => Math.max(max, alignment(field.type)), 1);
}

function alignmentVariant(cases: readonly Case[]): number {
  return Math.max(discriminantSize(cases), maxCaseAlignment(cases));
}

/** The size of the discriminant. Source: `discriminant_type`. */
export function discriminantSize(cases: readonly Case[]): 1 | 2 | 4 {
  if (cases.length <= 2 ** 8) return 1;
  return cases.length <= 2 ** 16 ? 2 : 4;
}

/** Source: `max_case_alignment`. */
function maxCaseAlignment(cases: readonly Case[]): number {
  return cases.reduce((max, c) => (c.type === undefined ? max : Math.max(max, alignment(c.type))), 1);
}

/** Source: `elem_size`. */
export function elemSize(t: ValType): number {
  const type = despecialize(t);
  if (type.kind === 'string') return 2 * PTR_SIZE;
  if (type.kind === 'list') return type.length === undefined ? 2 * PTR_SIZE : type.length * elemSize(type.element);
  if (type.kind === 'record') return elemSizeRecord(type.fields);
  if (type.kind === 'variant') return elemSizeVariant(type.cases);
  return type.kind === 'flags' ? elemSizeFlags(type.labels) : SIZES[type.kind];
}

function elemSizeRecord(fields: readonly Field[]): number {
  const end = fields.reduce((ptr, field) => alignTo(ptr, alignment(field.type)) + elemSize(field.type), 0);
  return alignTo(end, alignmentRecord(fields));
}

/** The next multiple of `alignment`. Source: `align_to`. */
function alignTo(ptr: number, toAlignment: number): number {
  return Math.ceil(ptr / toAlignment) * toAlignment;
}

/** The offset of each case's payload from the discriminant's start. */
export function payloadOffset(cases: readonly Case[]): number {
  return alignTo(discriminantSize(cases), maxCaseAlignment(cases));
}

function elemSizeVariant(cases: readonly Case[]): number {
  const largest = cases.reduce((max, c) => (c.type === undefined ? max : Math.max(max, elemSize(c.type))), 0);
  return alignTo(payloadOffset(cases) + largest, alignmentVariant(cases));
}

/** Source: `elem_size_flags`. */
export function elemSizeFlags(labels: readonly string[]): 1 | 2 | 4 {
  if (labels.length <= 8) return 1;
  return labels.length <= 16 ? 2 : 4;
}

/** The offset of each field of a record. */
export function fieldOffsets(fields: readonly Field[]): readonly number[] {
  let end = 0;
  return fields.map((field) => {
    const offset = alignTo(end, alignment(field.type));
    end = offset + elemSize(field.type);
    return offset;
  });
}
