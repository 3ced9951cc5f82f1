import type { FuncType, ResourceType, ValType } from '../../abi/types.ts';
import type { ComponentDefinition, CoreSort, Declaration, Sort } from '../../component/definitions.ts';
import type { CoreFuncType } from '../../component/validate/core-types.ts';
import { HostError } from '../../util/host-error.ts';
import type { ComponentFunc, CoreItem } from './plan.ts';

/** A core function, memory, table or global during linking: as in the plan, or a slot of a table that is filled later. */
export type CoreRef = CoreItem | Slot;

/** An entry of the table through which wit-component provides functions that do not exist yet. */
export interface Slot {
  readonly from: 'slot';
  /** The trampoline that calls through the table. */
  readonly trampoline: CoreItem;
  /** The type of the trampoline, and so of what it can call. */
  readonly type: CoreFuncType | undefined;
  /** What the table is filled with, once that is known. */
  target: CoreRef | undefined;
}

export type CoreInstanceRef =
  | { readonly by: 'step'; readonly step: number; readonly slots: ReadonlyMap<string, Slot> | undefined }
  | { readonly by: 'exports'; readonly exports: ReadonlyMap<string, CoreRef> };

export type TypeRef =
  | { readonly sort: 'value'; readonly type: ValType }
  | { readonly sort: 'resource'; readonly resource: ResourceType }
  | { readonly sort: 'func'; readonly type: FuncType }
  | { readonly sort: 'declarations'; readonly declarations: readonly Declaration[]; readonly scope: TypeScope };

export interface InstanceRef<Ctx> {
  readonly exports: ReadonlyMap<string, Extern<Ctx>>;
}

export interface ComponentRef<Ctx> {
  readonly definition: ComponentDefinition;
  readonly scope: Scope<Ctx>;
}

/** Anything that a component imports or exports. */
export type Extern<Ctx> =
  | { readonly sort: 'func'; readonly func: ComponentFunc<Ctx> }
  | { readonly sort: 'type'; readonly type: TypeRef }
  | { readonly sort: 'instance'; readonly instance: InstanceRef<Ctx> }
  | { readonly sort: 'component'; readonly component: ComponentRef<Ctx> }
  | { readonly sort: 'core module'; readonly module: number };

/** What types can refer to: the types, and the instances from which types are aliased, of one scope and its enclosing ones. */
export interface TypeScope {
  readonly parent: TypeScope | undefined;
  readonly types: TypeRef[];
  readonly coreTypes: number[];
  readonly instances: InstanceRef<never>[];
}

/** The index spaces of a component that is being instantiated. */
export interface Scope<Ctx> {
  readonly parent: Scope<Ctx> | undefined;
  /** The index among the plan's component instances. */
  readonly componentInstance: number;
  readonly coreModules: number[];
  readonly coreTypes: number[];
  readonly coreInstances: CoreInstanceRef[];
  readonly coreFuncs: CoreRef[];
  readonly coreTables: CoreRef[];
  readonly coreMemories: CoreRef[];
  readonly coreGlobals: CoreRef[];
  readonly coreTags: CoreRef[];
  readonly types: TypeRef[];
  readonly funcs: ComponentFunc<Ctx>[];
  readonly instances: InstanceRef<Ctx>[];
  readonly components: ComponentRef<Ctx>[];
}

export function createScope<Ctx>(parent: Scope<Ctx> | undefined, componentInstance: number): Scope<Ctx> {
  return {
    parent,
    componentInstance,
    coreModules: [],
    coreTypes: [],
    coreInstances: [],
    coreFuncs: [],
    coreTables: [],
    coreMemories: [],
    coreGlobals: [],
    coreTags: [],
    types: [],
    funcs: [],
    instances: [],
    components: [],
  };
}

/** The item at `index`. Throws `HostError` if there is none: indices must not be trusted. */
export function itemAt<T>(space: readonly T[], index: number, what: string): T {
  const item = space[index];
  if (item === undefined) throw new HostError('bad-component', `unknown ${what} ${index} at this point`);
  return item;
}

/** The index space of core functions, memories, tables, globals or tags. */
export function coreSpace<Ctx>(scope: Scope<Ctx>, sort: CoreSort): CoreRef[] {
  switch (sort) {
    case 'func':
      return scope.coreFuncs;
    case 'memory':
      return scope.coreMemories;
    case 'table':
      return scope.coreTables;
    case 'global':
      return scope.coreGlobals;
    case 'tag':
      return scope.coreTags;
    case 'type':
    case 'module':
    case 'instance':
      break;
  }
  throw new HostError('bad-component', `a core instance cannot export a ${sort}`);
}

/** The item at `index` in the space of `sort`, ready to be passed to another component. */
export function externAt<Ctx>(scope: Scope<Ctx>, sort: Sort, index: number): Extern<Ctx> {
  switch (sort) {
    case 'func':
      return { sort, func: itemAt(scope.funcs, index, sort) };
    case 'type':
      return { sort, type: itemAt(scope.types, index, sort) };
    case 'instance':
      return { sort, instance: itemAt(scope.instances, index, sort) };
    case 'component':
      return { sort, component: itemAt(scope.components, index, sort) };
    case 'core module':
      return { sort, module: itemAt(scope.coreModules, index, sort) };
    case 'core func':
    case 'core table':
    case 'core memory':
    case 'core global':
    case 'core tag':
    case 'core type':
    case 'core instance':
    case 'value':
      break;
  }
  throw new HostError('not-supported', `a component cannot pass on a ${sort}`);
}

/** Adds an item to the space of its sort. */
export function addExtern<Ctx>(scope: Scope<Ctx>, extern: Extern<Ctx>): void {
  switch (extern.sort) {
    case 'func':
      scope.funcs.push(extern.func);
      break;
    case 'type':
      scope.types.push(extern.type);
      break;
    case 'instance':
      scope.instances.push(extern.instance);
      break;
    case 'component':
      scope.components.push(extern.component);
      break;
    case 'core module':
      scope.coreModules.push(extern.module);
  }
}
