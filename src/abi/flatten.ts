import { despecialize, type Kind } from './despecialize.ts';
import type { Case, CoreType, FuncType, ValType } from './types.ts';

/** More flat parameters than this are passed in memory. */
export const MAX_FLAT_PARAMS = 16;

/** More flat results than this are returned in memory. */
export const MAX_FLAT_RESULTS = 1;

/**
 * Flattening stops here: anything longer than the maxima goes through memory, and its exact length does not matter. Otherwise a fixed-length list could
 * flatten into billions of values.
 */
const MAX_FLAT = MAX_FLAT_PARAMS + 1;

/** The type of a core function. */
export interface FlatFuncType {
  readonly params: readonly CoreType[];
  readonly results: readonly CoreType[];
}

/** The core type of a component function when it is lifted, or when it is lowered. Source: `flatten_functype`. */
export function flattenFunctype(ft: FuncType, context: 'lift' | 'lower'): FlatFuncType {
  const params = flattenTypes(paramTypes(ft));
  const results = flattenTypes(resultTypes(ft));
  const flatParams: CoreType[] = params.length > MAX_FLAT_PARAMS ? ['i32'] : params;
  if (results.length <= MAX_FLAT_RESULTS) return { params: flatParams, results };
  if (context === 'lift') return { params: flatParams, results: ['i32'] };
  return { params: [...flatParams, 'i32'], results: [] };
}

/** Source: `param_types` of `FuncType`. */
export function paramTypes(ft: FuncType): readonly ValType[] {
  return ft.params.map((param) => param.type);
}

/** Source: `result_type` of `FuncType`. */
export function resultTypes(ft: FuncType): readonly ValType[] {
  return ft.result === undefined ? [] : [ft.result];
}

/** The flat types of consecutive values; cut off if they exceed the maxima. Source: `flatten_types`. */
export function flattenTypes(ts: readonly ValType[]): CoreType[] {
  const flat: CoreType[] = [];
  for (const t of ts) {
    if (flat.length >= MAX_FLAT) break;
    flat.push(...flattenType(t));
  }
  return flat.slice(0, MAX_FLAT);
}

/** The core types of types without parts, if they are not i32. */
const FLAT: Partial<Record<Kind, readonly CoreType[]>> = {
  s64: ['i64'],
  u64: ['i64'],
  f32: ['f32'],
  f64: ['f64'],
  string: ['i32', 'i32'],
};

/** Source: `flatten_type`. */
export function flattenType(t: ValType): readonly CoreType[] {
  const type = despecialize(t);
  if (type.kind === 'list') return type.length === undefined ? ['i32', 'i32'] : flattenFixed(type.element, type.length);
  if (type.kind === 'record') return flattenTypes(type.fields.map((field) => field.type));
  return type.kind === 'variant' ? flattenVariant(type.cases) : (FLAT[type.kind] ?? ['i32']);
}

/** Source: `flatten_list`. */
function flattenFixed(element: ValType, length: number): CoreType[] {
  return flattenTypes(Array.from({ length: Math.min(length, MAX_FLAT) }, () => element));
}

/** The discriminant, followed by types into which all cases fit. Source: `flatten_variant`. */
export function flattenVariant(cases: readonly Case[]): CoreType[] {
  const flat: CoreType[] = ['i32'];
  for (const c of cases) {
    const payload = c.type === undefined ? [] : flattenType(c.type);
    for (const [i, type] of payload.entries()) flat[i + 1] = join(flat[i + 1] ?? type, type);
  }
  return flat.slice(0, MAX_FLAT);
}

/** Source: `join`. */
function join(a: CoreType, b: CoreType): CoreType {
  if (a === b) return a;
  return (a === 'i32' && b === 'f32') || (a === 'f32' && b === 'i32') ? 'i32' : 'i64';
}
