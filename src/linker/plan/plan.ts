import type { FuncType, ResourceType } from '../../abi/types.ts';
import type { HostFunc } from '../../abi/host-interface.ts';

/**
 * The instantiation of a component, reduced to core modules in order and the functions between them.
 *
 * The component's index spaces are gone; nested components, aliases and type imports have been resolved.
 */
export interface Plan<Ctx> {
  /** The core modules' binaries, each once. */
  readonly modules: readonly Uint8Array[];
  /** The steps in order; a step's imports come from earlier steps, or from `lowerings` and `builtins`. */
  readonly steps: readonly Step[];
  readonly lowerings: readonly Lowering<Ctx>[];
  readonly builtins: readonly Builtin[];
  /** The component instances, each with its own handles and flags: for each, the index of the earlier one that created it. */
  readonly componentInstances: readonly (number | undefined)[];
  /** The component's exports, by interface name without version, then by function name. */
  readonly exports: ReadonlyMap<string, ReadonlyMap<string, LiftedFunc>>;
}

/** A core instance to create. */
export interface Step {
  /** An index into `modules`. */
  readonly module: number;
  readonly imports: readonly CoreImport[];
}

export interface CoreImport {
  readonly module: string;
  readonly name: string;
  readonly item: CoreItem;
}

/** Where a core function, memory, table or global comes from. */
export type CoreItem =
  | { readonly from: 'export'; readonly step: number; readonly name: string }
  | { readonly from: 'lowering'; readonly index: number }
  | { readonly from: 'builtin'; readonly index: number };

/** Canonical options with their indices resolved. */
export interface ResolvedOptions {
  readonly stringEncoding: 'utf8' | 'utf16' | 'latin1+utf16';
  readonly memory: CoreItem | undefined;
  readonly realloc: CoreItem | undefined;
  readonly postReturn: CoreItem | undefined;
}

/** A component function, implemented by the host or by a core function. */
export type ComponentFunc<Ctx> = HostFuncRef<Ctx> | LiftedFunc;

export interface HostFuncRef<Ctx> {
  readonly by: 'host';
  /** For messages: `wasi:io/poll@0.2.3#poll`. */
  readonly name: string;
  readonly func: HostFunc<Ctx>;
  readonly type: FuncType;
  readonly mayWait: boolean;
}

/** `canon lift`. */
export interface LiftedFunc {
  readonly by: 'lift';
  readonly core: CoreItem;
  readonly type: FuncType;
  readonly options: ResolvedOptions;
  readonly componentInstance: number;
}

/** `canon lower`: a component function as a core function. */
export interface Lowering<Ctx> {
  readonly func: ComponentFunc<Ctx>;
  readonly options: ResolvedOptions;
  readonly componentInstance: number;
}

/** `canon resource.new`, `resource.drop` or `resource.rep`. */
export interface Builtin {
  readonly op: 'resource.new' | 'resource.drop' | 'resource.rep';
  readonly resource: ResourceType;
  readonly componentInstance: number;
}

/** A resource type that a component of the plan defines. Its reps are numbers. */
export interface GuestResourceType extends ResourceType {
  readonly componentInstance: number;
  readonly destructor: CoreItem | undefined;
}
