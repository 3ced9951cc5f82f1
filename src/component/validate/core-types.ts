import type { CoreLimits } from '../definitions.ts';

/** The most parameters, and the most results, of a core function. Source: core specification's JS API, "Implementation-defined Limits". */
export const MAX_CORE_VALUES = 1000;

/** A core function type. Equal types created by the same `CoreFuncTypes` are the same object. */
export interface CoreFuncType {
  readonly params: readonly string[];
  readonly results: readonly string[];
  /** The supertype that its module declares. */
  readonly supertype: CoreFuncType | undefined;
}

/** The type of a core import or export. */
export type CoreEntity =
  | { readonly kind: 'func' | 'tag'; readonly type: CoreFuncType }
  | { readonly kind: 'table'; readonly element: string; readonly limits: CoreLimits; readonly isShared: boolean }
  | { readonly kind: 'memory'; readonly limits: CoreLimits; readonly isShared: boolean }
  | { readonly kind: 'global'; readonly type: string; readonly isMutable: boolean };

export type CoreEntities = ReadonlyMap<string, CoreEntity>;

export interface CoreModuleType {
  /** The imports by module name, then by name. */
  readonly imports: ReadonlyMap<string, CoreEntities>;
  readonly exports: CoreEntities;
}

/** The canonical form of a core type: its text, in which each reference to another type is that type's number. */
interface Interned {
  readonly id: number;
  readonly func: CoreFuncType | undefined;
}

/** Interns core types by their canonical form. Source: core specification 3.0, 3.1.3 "Roll and unroll". */
export class CoreFuncTypes {
  readonly #interned = new Map<string, Interned>();

  /** The type of functions outside modules: final, and not recursive with others. */
  func(params: readonly string[], results: readonly string[]): CoreFuncType {
    const { func } = this.intern(funcKey(params, results), () => ({ params, results, supertype: undefined }));
    return func as CoreFuncType;
  }

  /** Returns what was first created under `key`. */
  intern(key: string, make: () => CoreFuncType | undefined): Interned {
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    const interned = { id: this.#interned.size, func: make() };
    this.#interned.set(key, interned);
    return interned;
  }
}

/** The key of a function type that is in no recursion group. */
export function funcKey(params: readonly string[], results: readonly string[]): string {
  return `func(${params.join()})(${results.join()})`;
}

/** The number of 64 KiB pages in 4 GiB. */
const MAX_PAGES = 65_536;

/** Whether a memory can be as large as its limits. Tables always can. */
export function isPossible(entity: CoreEntity): boolean {
  if (entity.kind !== 'memory') return true;
  const { initial, maximum = initial } = entity.limits;
  return Math.max(initial, maximum) <= MAX_PAGES && (!entity.isShared || entity.limits.maximum !== undefined);
}

/** Why `found` does not match `expected`; `undefined` if it does. Source: core specification 3.0, 3.3.9 "External types". */
export function coreMismatch(found: CoreEntity, expected: CoreEntity): string | undefined {
  const fits = isCoreSubtype(found, expected);
  return fits ? undefined : `expected ${printCoreEntity(expected)}, found ${printCoreEntity(found)}`;
}

function isCoreSubtype(found: CoreEntity, expected: CoreEntity): boolean {
  switch (expected.kind) {
    case 'func':
      return found.kind === 'func' && isSubtypeOf(found.type, expected.type);
    case 'tag':
      return found.kind === 'tag' && found.type === expected.type;
    case 'table':
      return (
        found.kind === 'table' &&
        found.element === expected.element &&
        found.isShared === expected.isShared &&
        isWithin(found.limits, expected.limits)
      );
    case 'memory':
      return found.kind === 'memory' && found.isShared === expected.isShared && isWithin(found.limits, expected.limits);
    case 'global':
      break;
  }
  return found.kind === 'global' && found.type === expected.type && found.isMutable === expected.isMutable;
}

function isSubtypeOf(found: CoreFuncType, expected: CoreFuncType): boolean {
  for (let type: CoreFuncType | undefined = found; type !== undefined; type = type.supertype) {
    if (type === expected) return true;
  }
  return false;
}

function isWithin(found: CoreLimits, expected: CoreLimits): boolean {
  if (found.initial < expected.initial) return false;
  return expected.maximum === undefined || (found.maximum !== undefined && found.maximum <= expected.maximum);
}

/** A short description of the type. */
function printCoreEntity(entity: CoreEntity): string {
  switch (entity.kind) {
    case 'func':
    case 'tag':
      return `${entity.kind} ${printCoreFunc(entity.type)}`;
    case 'table':
      return `table of ${entity.element} ${printLimits(entity.limits)}`;
    case 'memory':
      return `${entity.isShared ? 'shared ' : ''}memory ${printLimits(entity.limits)}`;
    case 'global':
      break;
  }
  return `global ${entity.isMutable ? 'mut ' : ''}${entity.type}`;
}

const MAX_PRINTED = 20;

/** `(i32, i64) -> (i32)` */
export function printCoreFunc({ params, results }: Pick<CoreFuncType, 'params' | 'results'>): string {
  return `(${printTypes(params)}) -> (${printTypes(results)})`;
}

function printTypes(types: readonly string[]): string {
  return types.length <= MAX_PRINTED ? types.join(', ') : `${types.slice(0, MAX_PRINTED).join(', ')}, …`;
}

function printLimits({ initial, maximum }: CoreLimits): string {
  return maximum === undefined ? `of ${initial} or more` : `of ${initial} to ${maximum}`;
}
