import type { CoreLimits } from '../definitions.ts';

/** How many parameters, or results, a core function has at most. Source: core specification's JS API, "Implementation-defined Limits". */
export const MAX_CORE_VALUES = 1000;

/** A core function type. Equal ones are the same object, if one `CoreFuncTypes` made them. */
export interface CoreFuncType {
  readonly params: readonly string[];
  readonly results: readonly string[];
  /** What the module that defines it declares it a subtype of. */
  readonly supertype: CoreFuncType | undefined;
}

/** The type of what a core module imports or exports. */
export type CoreEntity =
  | { readonly kind: 'func' | 'tag'; readonly type: CoreFuncType }
  | { readonly kind: 'table'; readonly element: string; readonly limits: CoreLimits; readonly isShared: boolean }
  | { readonly kind: 'memory'; readonly limits: CoreLimits; readonly isShared: boolean }
  | { readonly kind: 'global'; readonly type: string; readonly isMutable: boolean };

export type CoreEntities = ReadonlyMap<string, CoreEntity>;

export interface CoreModuleType {
  /** By module name, then by name. */
  readonly imports: ReadonlyMap<string, CoreEntities>;
  readonly exports: CoreEntities;
}

/** What makes a core type equal to another: its text, with each reference to another type as that one's number. */
interface Interned {
  readonly id: number;
  readonly func: CoreFuncType | undefined;
}

/** Core types by what makes them equal. Source: core specification 3.0, 3.1.3 "Roll and unroll". */
export class CoreFuncTypes {
  readonly #interned = new Map<string, Interned>();

  /** The type of functions outside of modules: final, in no recursion with others. */
  func(params: readonly string[], results: readonly string[]): CoreFuncType {
    const { func } = this.intern(funcKey(params, results), () => ({ params, results, supertype: undefined }));
    return func as CoreFuncType;
  }

  /** What was first made under `key`. */
  intern(key: string, make: () => CoreFuncType | undefined): Interned {
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    const interned = { id: this.#interned.size, func: make() };
    this.#interned.set(key, interned);
    return interned;
  }
}

/** The key of a function type that stands for itself. */
export function funcKey(params: readonly string[], results: readonly string[]): string {
  return `func(${params.join()})(${results.join()})`;
}

/** Pages of 64 KiB in 4 GiB. */
const MAX_PAGES = 65_536;

/** Whether a memory can be as large as its limits say. Tables can. */
export function isPossible(entity: CoreEntity): boolean {
  if (entity.kind !== 'memory') return true;
  const { initial, maximum = initial } = entity.limits;
  return Math.max(initial, maximum) <= MAX_PAGES && (!entity.isShared || entity.limits.maximum !== undefined);
}

/** How `found` cannot take the place of `expected`; `undefined` if it can. Source: core specification 3.0, 3.3.9 "External types". */
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

/** A short text of the type. */
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
