import type { LiftLowerContext } from './context.ts';
import { flattenTypes } from './flatten.ts';
import { checkRange, checkWritable } from './guest-memory.ts';
import { alignment, elemSize } from './layout.ts';
import { type CoreValue, type CoreValueIter, liftFlat } from './lift-flat.ts';
import { load } from './load.ts';
import { lowerFlat } from './lower-flat.ts';
import { store } from './store.ts';
import type { ValType } from './types.ts';

/** The values of parameters or results, flat or in memory. Source: `lift_flat_values`. */
export function liftFlatValues(
  cx: LiftLowerContext,
  maxFlat: number,
  vi: CoreValueIter,
  ts: readonly ValType[],
): unknown[] {
  if (flattenTypes(ts).length <= maxFlat) return ts.map((t) => liftFlat(cx, vi, t));
  const tuple: ValType = { kind: 'tuple', elements: ts };
  const ptr = (vi.next('i32') as number) >>> 0;
  checkRange(cx.memory, ptr, elemSize(tuple), alignment(tuple));
  return load(cx, ptr, tuple) as unknown[];
}

/** Where `lowerFlatValues` stores values that are too many: memory at `ptr`, or new memory if it is undefined. */
export interface LowerTarget {
  readonly maxFlat: number;
  readonly outParam: number | undefined;
}

/** The flat values of parameters or results; empty if they were stored in the caller's memory. Source: `lower_flat_values`. */
export function lowerFlatValues(
  cx: LiftLowerContext,
  { maxFlat, outParam }: LowerTarget,
  vs: readonly unknown[],
  ts: readonly ValType[],
): CoreValue[] {
  if (flattenTypes(ts).length <= maxFlat) return ts.flatMap((t, i) => lowerFlat(cx, vs[i], t));
  const tuple: ValType = { kind: 'tuple', elements: ts };
  if (outParam === undefined) {
    const ptr = cx.allocate(alignment(tuple), elemSize(tuple));
    store(cx, vs, tuple, ptr);
    return [ptr | 0];
  }
  checkWritable(cx.memory, outParam, elemSize(tuple), alignment(tuple));
  store(cx, vs, tuple, outParam);
  return [];
}
