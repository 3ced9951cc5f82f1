import { HostError } from '../util/host-error.ts';
import { partsOf } from './despecialize.ts';
import type { FuncType, ValType } from './types.ts';

/** How many parts a function type may have when everything it refers to is expanded. */
const MAX_PARTS = 10_000;

/** How deep types may nest. */
const MAX_DEPTH = 100;

interface TypeSize {
  readonly parts: number;
  readonly depth: number;
}

/**
 * Refuses types that would take too long to process: a type that refers to others twice at each of many levels has exponentially many parts. Everything
 * else in this folder walks types as trees, so this check comes first.
 */
export function checkTypeSize(type: FuncType, name: string): void {
  const known = new Map<ValType, TypeSize>();
  const types = [...type.params.map((param) => param.type), ...(type.result === undefined ? [] : [type.result])];
  const sizes = types.map((t) => measure(t, known, MAX_DEPTH));
  if (sizes.some((size) => size.depth > MAX_DEPTH)) throwTooLarge(name, `types nested more than ${MAX_DEPTH} deep`);
  if (sizes.reduce((sum, size) => sum + size.parts, 0) > MAX_PARTS) throwTooLarge(name, `more than ${MAX_PARTS} parts`);
}

/** Visits no deeper than `depthLeft`; anything deeper counts as infinite. */
function measure(t: ValType, known: Map<ValType, TypeSize>, depthLeft: number): TypeSize {
  if (depthLeft === 0) return { parts: 1, depth: Infinity };
  const before = known.get(t);
  if (before !== undefined) return before;
  const sizes = partsOf(t).map((part) => measure(part, known, depthLeft - 1));
  const labels = 'labels' in t ? t.labels.length : 0;
  const size = {
    parts: sizes.reduce((sum, part) => sum + part.parts, 1 + labels),
    depth: sizes.reduce((max, part) => Math.max(max, part.depth), 0) + 1,
  };
  known.set(t, size);
  return size;
}

function throwTooLarge(name: string, what: string): never {
  throw new HostError('not-supported', `the type of ${name} has ${what}; simplify it`);
}
