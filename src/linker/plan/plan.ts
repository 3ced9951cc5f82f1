import type { FuncType, ResourceType } from '../../abi/types.ts';
import type { HostFunc } from '../../abi/host-interface.ts';

/**
 * What instantiating a component comes down to: core modules in order, and the functions between them.
 *
 * All indices of the component are gone; nested components, aliases and type imports were resolved once.
 */
export interface Plan<Ctx> {
  /** Binaries, each once. */
  readonly modules: readonly Uint8Array[];
  /** In order; a step's imports come from earlier steps, or from `lowerings` and `builtins`. */
  readonly steps: readonly Step[];
  readonly lowerings: readonly Lowering<Ctx>[];
  readonly builtins: readonly Builtin[];
  /** The component instances, each with handles and flags of its own: by index, the one that made it, which comes before it. */
  readonly componentInstances: readonly (number | undefined)[];
  /** What the component exports, by interface name without version, then function name. */
  readonly exports: ReadonlyMap<string, ReadonlyMap<string, LiftedFunc>>;
}

/** One core instance to make. */
export interface Step {
  /** Index into `modules`. */
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

/** A component function: one of the host's, or one that a core function implements. */
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
