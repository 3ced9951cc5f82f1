import { readCoreImports, readCoreSections } from '../../component/core-sections.ts';
import { type Fixup, recogniseFixup, recogniseShim } from '../../component/shim.ts';
import { typeOfCoreModule } from '../../component/validate/core-module.ts';
import {
  type CoreEntity,
  type CoreFuncType,
  CoreFuncTypes,
  type CoreModuleType,
} from '../../component/validate/core-types.ts';
import { HostError } from '../../util/host-error.ts';
import type {
  Builtin,
  ComponentFunc,
  CoreItem,
  GuestResourceType,
  LiftedFunc,
  Lowering,
  Plan,
  ResolvedOptions,
  Step,
} from './plan.ts';
import { assertNothingReserved } from './reserved.ts';
import type { CoreInstanceRef, CoreRef, Slot } from './scope.ts';

/** Canonical options before the plan is sealed. */
export interface UnsealedOptions {
  readonly stringEncoding: 'utf8' | 'utf16' | 'latin1+utf16';
  readonly memory: CoreRef | undefined;
  readonly realloc: CoreRef | undefined;
  readonly postReturn: CoreRef | undefined;
}

/** A step whose imports may still be slots. */
interface Draft {
  readonly module: number;
  readonly imports: readonly { readonly module: string; readonly name: string; readonly ref: CoreRef }[];
  /** If the module is a shim: its slots by table entry. */
  readonly shim: ReadonlyMap<number, Slot> | undefined;
  /** If the module is the fixup of a shim: the shim's step. */
  readonly fixupOf: number | undefined;
}

interface UnsealedLift {
  readonly core: CoreRef;
  readonly type: LiftedFunc['type'];
  readonly options: UnsealedOptions;
  readonly componentInstance: number;
}

interface UnsealedLowering<Ctx> {
  readonly func: ComponentFunc<Ctx>;
  readonly options: UnsealedOptions;
  readonly componentInstance: number;
}

/** Source: the limits of wasm-tools' validator. */
const MAX_INSTANCES = 1000;
/** How many definitions, arguments and imports may be processed. */
const MAX_ITEMS = 1_000_000;

/** Collects the steps of an instantiation, in order, and seals them into a plan. */
export class PlanBuilder<Ctx> {
  readonly #modules: Uint8Array[] = [];
  readonly #drafts: Draft[] = [];
  readonly #lowerings: UnsealedLowering<Ctx>[] = [];
  readonly #builtins: Builtin[] = [];
  readonly #lifts = new Map<LiftedFunc, UnsealedLift>();
  readonly #destructors = new Map<GuestResourceType, CoreRef>();
  /** The steps of shims whose trampolines the host calls. */
  readonly #called = new Set<number>();
  readonly #componentInstances: (number | undefined)[] = [];
  readonly #funcTypes = new CoreFuncTypes();
  #itemsLeft = MAX_ITEMS;

  /** Counts work, so that components that instantiate each other over and over are refused. */
  count(items: number): void {
    this.#itemsLeft -= items;
    if (this.#itemsLeft < 0) throw new HostError('not-supported', 'instantiating the component takes too many steps');
  }

  /** Adds a component instance that `parent` creates; the outermost has no parent. */
  addComponentInstance(parent: number | undefined): number {
    if (this.#componentInstances.length >= MAX_INSTANCES) {
      throw new HostError('not-supported', `the component creates more than ${MAX_INSTANCES} component instances`);
    }
    return this.#componentInstances.push(parent) - 1;
  }

  /** Adds a module. Equal bytes, as from a component that is instantiated again, are the same module. */
  addModule(bytes: Uint8Array): number {
    const known = this.#modules.indexOf(bytes);
    return known === -1 ? this.#modules.push(bytes) - 1 : known;
  }

  addLowering(lowering: UnsealedLowering<Ctx>): CoreItem {
    this.#keepCalled(lowering.options.realloc);
    return { from: 'lowering', index: this.#lowerings.push(lowering) - 1 };
  }

  addBuiltin(builtin: Builtin): CoreItem {
    return { from: 'builtin', index: this.#builtins.push(builtin) - 1 };
  }

  /** Adds a step that instantiates `module` with the imports that `importFrom` returns. */
  addStep(module: number, importFrom: (module: string, name: string) => CoreRef): CoreInstanceRef {
    const step = this.#drafts.length;
    if (step >= MAX_INSTANCES)
      throw new HostError('not-supported', `the component creates more than ${MAX_INSTANCES} core instances`);
    const bytes = this.#modules[module] as Uint8Array;
    const sections = readCoreSections(bytes);
    const imported = readCoreImports(sections);
    this.count(imported.length);
    assertNothingReserved(imported);
    const imports = imported.map((name) => ({ ...name, ref: importFrom(name.module, name.name) }));
    const shim = recogniseShim(sections);
    const slots = new Map<string, Slot>();
    const exported = shim && typeOfCoreModule(this.#funcTypes, bytes).exports;
    for (const name of shim?.slots.keys() ?? []) {
      const type = funcTypeOf(exported?.get(name));
      slots.set(name, { from: 'slot', trampoline: { from: 'export', step, name }, type, target: undefined });
    }
    const byEntry = shim && new Map(Array.from(shim.slots, ([name, entry]) => [entry, slots.get(name) as Slot]));
    const fixup = recogniseFixup(sections);
    const fixupOf = fixup && this.#fill(fixup, typeOfCoreModule(this.#funcTypes, bytes), importFrom);
    this.#drafts.push({ module, imports, shim: byEntry, fixupOf });
    return { by: 'step', step, slots: shim && slots };
  }

  /**
   * Records what each slot of a shim will hold. Returns the shim's step if `fixup` fills it with functions that its trampolines can call: a call of a
   * function of another type would trap.
   */
  #fill(
    fixup: Fixup,
    { imports }: CoreModuleType,
    importFrom: (module: string, name: string) => CoreRef,
  ): number | undefined {
    const table = importFrom(fixup.table.module, fixup.table.name);
    const shim = table.from === 'export' ? this.#drafts[table.step]?.shim : undefined;
    if (table.from !== 'export' || shim === undefined) return undefined;
    const filled = fixup.entries.map(({ module, name }, entry) => {
      const type = funcTypeOf(imports.get(module)?.get(name));
      return { slot: shim.get(entry), type, module, name };
    });
    if (filled.some(({ slot, type }) => slot !== undefined && (type === undefined || slot.type !== type)))
      return undefined;
    for (const { slot, module, name } of filled) if (slot !== undefined) slot.target = importFrom(module, name);
    return table.step;
  }

  /** Adds a resource type that a component defines. The result is complete once the plan is sealed. */
  addResource(componentInstance: number, destructor: CoreRef | undefined): GuestResourceType {
    const resource: GuestResourceType = { name: 'resource', componentInstance, destructor: undefined };
    if (destructor !== undefined) this.#destructors.set(resource, destructor);
    this.#keepCalled(destructor);
    return resource;
  }

  /** Adds a `canon lift`. The result is complete once the plan is sealed. */
  lift(lift: UnsealedLift): LiftedFunc {
    const lifted = { by: 'lift', type: lift.type, componentInstance: lift.componentInstance } as LiftedFunc;
    this.#lifts.set(lifted, lift);
    for (const ref of [lift.core, lift.options.realloc, lift.options.postReturn]) this.#keepCalled(ref);
    return lifted;
  }

  /** The host can only call functions of core modules: a slot's trampoline, not what the slot holds. */
  #keepCalled(ref: CoreRef | undefined): void {
    if (ref?.from === 'slot' && ref.trampoline.from === 'export') this.#called.add(ref.trampoline.step);
  }

  /** Drops every shim that is not needed, with its fixup, and renumbers the steps. */
  seal(exports: Plan<Ctx>['exports']): Plan<Ctx> {
    const kept = this.#drafts.map((_draft, step) => this.#isNeeded(step));
    let count = 0;
    const renumbered = kept.map((isKept) => (isKept ? count++ : -1));
    const seal = (ref: CoreRef): CoreItem => {
      const item = settle(ref);
      return item.from === 'export' ? { ...item, step: renumbered[item.step] as number } : item;
    };
    const sealCalled = (ref: CoreRef): CoreItem => seal(toCalled(ref));
    const sealOptions = (options: UnsealedOptions): ResolvedOptions => ({
      stringEncoding: options.stringEncoding,
      memory: options.memory && seal(options.memory),
      realloc: options.realloc && sealCalled(options.realloc),
      postReturn: options.postReturn && sealCalled(options.postReturn),
    });
    for (const [lifted, { core, options }] of this.#lifts) {
      Object.assign(lifted, { core: sealCalled(core), options: sealOptions(options) });
    }
    for (const [resource, destructor] of this.#destructors)
      Object.assign(resource, { destructor: sealCalled(destructor) });
    const steps: Step[] = this.#drafts
      .filter((_draft, step) => kept[step])
      .map(({ module, imports }) => ({
        module,
        imports: imports.map(({ module: from, name, ref }) => ({ module: from, name, item: seal(ref) })),
      }));
    const lowerings: Lowering<Ctx>[] = this.#lowerings.map(({ options, ...lowering }) => ({
      ...lowering,
      options: sealOptions(options),
    }));
    const componentInstances = this.#componentInstances;
    return { modules: this.#modules, steps, lowerings, builtins: this.#builtins, componentInstances, exports };
  }

  /** A shim, with its fixup, is needed if a slot holds a function that does not exist until the table is filled. */
  #isNeeded(step: number): boolean {
    const draft = this.#drafts[step];
    if (draft?.fixupOf !== undefined) return this.#isNeeded(draft.fixupOf);
    if (draft?.shim === undefined || this.#called.has(step)) return true;
    return [...draft.shim.values()].some((slot) => settle(slot).from === 'export');
  }
}

function funcTypeOf(entity: CoreEntity | undefined): CoreFuncType | undefined {
  return entity?.kind === 'func' ? entity.type : undefined;
}

/** The core module's function that the host calls. */
function toCalled(ref: CoreRef): CoreItem {
  const item = ref.from === 'slot' ? ref.trampoline : ref;
  if (item.from === 'export') return item;
  throw new HostError(
    'not-supported',
    'a lowered function is lifted directly, or used as post-return or destructor; call it from a core module instead',
  );
}

/** Resolves a slot to the function that fills it if that exists from the start, otherwise to the trampoline that calls it. */
function settle(ref: CoreRef): CoreItem {
  if (ref.from !== 'slot') return ref;
  const target = ref.target === undefined ? undefined : settle(ref.target);
  return target === undefined || target.from === 'export' ? ref.trampoline : target;
}
