import type { CoreFunction } from '../../abi/canon.ts';
import { type ComponentInstance, enterFrom, enteringSet, leaveTo } from '../../abi/component-instance.ts';
import type { LiftLowerContext } from '../../abi/context.ts';
import type { CoreItem, GuestResourceType, LiftedFunc, Lowering } from '../plan/plan.ts';
import { destructorMayWait, funcMayWait } from '../plan/waiting.ts';
import type { CoreInstances } from './core-instances.ts';
import type { Linked } from './linked.ts';
import type { LiftMaker } from './makers.ts';
import { RunningCalls } from './running-calls.ts';
import type { GivenFunction } from './shared-functions.ts';

export type ComponentFunction = (...args: unknown[]) => unknown;

/** What the calls operate on. */
export interface CalledParts<Ctx> {
  readonly cores: CoreInstances<Ctx>;
  readonly contexts: readonly LiftLowerContext[];
  readonly componentInstances: readonly ComponentInstance[];
}

/** The calls into one instance: by the host, between its components, and of its destructors. Functions are created when first called. */
export class LiftedCalls<Ctx> {
  readonly running = new RunningCalls();
  readonly #linked: Linked<Ctx>;
  readonly #parts: CalledParts<Ctx>;
  /** The function that the host called last: most components export only one. */
  #called: { readonly lifted: LiftedFunc; readonly call: ComponentFunction } | undefined;
  /** Functions of other components, by index of the lowering, from the first call on. */
  #between: ComponentFunction[] | undefined;
  /** Destructors that may wait, from the first drop on. */
  #destructors: Map<CoreItem, CoreFunction> | undefined;

  constructor(linked: Linked<Ctx>, parts: CalledParts<Ctx>) {
    this.#linked = linked;
    this.#parts = parts;
  }

  /** Forgets the functions: their core instances are gone. */
  clear(): void {
    this.#called = undefined;
    this.#between = undefined;
    this.#destructors = undefined;
  }

  /** The function with which the host calls an export. */
  fromHost(lifted: LiftedFunc): ComponentFunction {
    if (this.#called?.lifted !== lifted) this.#called = { lifted, call: this.#lift(lifted, undefined) };
    return this.#called.call;
  }

  /** Calls the other component's function that a lowering refers to. */
  between(lowering: number, args: readonly unknown[]): unknown {
    this.#between ??= [];
    const call = (this.#between[lowering] ??= this.#liftBetween(lowering));
    const { mayWait } = this.#linked.functions.lowerings[lowering] as GivenFunction;
    return mayWait ? this.running.onItsOwnStack(() => call(...args)) : call(...args);
  }

  /** Calls the destructor in the component that defines the resource. */
  destroy(resource: GuestResourceType, caller: ComponentInstance, rep: number): unknown {
    const { destructor, componentInstance } = resource;
    const { componentInstances } = this.#parts;
    const entering = enteringSet(componentInstances[componentInstance] as ComponentInstance, caller);
    enterFrom(entering);
    const mayWait = destructorMayWait(this.#linked.makers, resource);
    const destroy = destructor && this.#destructor(destructor, mayWait);
    const done = mayWait ? this.running.onItsOwnStack(() => destroy?.(rep)) : destroy?.(rep);
    if (done instanceof Promise) return done.then(() => leaveTo(entering));
    leaveTo(entering);
    return undefined;
  }

  #liftBetween(lowering: number): ComponentFunction {
    const { func, componentInstance } = this.#linked.plan.lowerings[lowering] as Lowering<Ctx>;
    return this.#lift(func as LiftedFunc, this.#parts.componentInstances[componentInstance]);
  }

  #lift(func: LiftedFunc, caller: ComponentInstance | undefined): ComponentFunction {
    const { makers, contexts } = this.#linked;
    const { cores } = this.#parts;
    const cx = this.#parts.contexts[contexts.lifts.get(func) as number] as LiftLowerContext;
    const core = cores.item(func.core) as CoreFunction;
    const isPromising = caller === undefined || funcMayWait(makers, func);
    const entering = enteringSet(cx.inst, caller);
    const postReturn = func.options.postReturn && (cores.item(func.options.postReturn) as CoreFunction);
    const maker = makers.lifts.get(func) as LiftMaker;
    return maker({ cx, entering, core: isPromising ? toPromising(core) : this.#plain(core), postReturn });
  }

  /** Wraps a function in which the guest cannot be suspended, so that it is not. */
  #plain(core: CoreFunction): CoreFunction {
    return this.#linked.preemption === undefined ? core : this.running.plainly(core);
  }

  #destructor(item: CoreItem, mayWait: boolean): CoreFunction {
    const core = this.#parts.cores.item(item) as CoreFunction;
    if (!mayWait) return this.#plain(core);
    this.#destructors ??= new Map();
    const known = this.#destructors.get(item) ?? toPromising(core);
    this.#destructors.set(item, known);
    return known;
  }
}

function toPromising(core: CoreFunction): CoreFunction {
  return WebAssembly.promising(core) as CoreFunction;
}
