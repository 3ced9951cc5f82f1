import type { Caller, SharedFunction } from '../../abi/canon.ts';
import type { ComponentInstance } from '../../abi/component-instance.ts';
import { flattenFunctype } from '../../abi/flatten.ts';
import { canonResourceDrop, canonResourceNew, canonResourceRep } from '../../abi/resources.ts';
import type { ResourceType } from '../../abi/types.ts';
import { createBridge } from './bridge.ts';
import type { Contexts } from '../plan/contexts.ts';
import type { CoreFunctionType } from './function-module.ts';
import type { LowerMaker, Makers } from './makers.ts';
import type { Builtin, CoreItem, GuestResourceType, Lowering, Plan } from '../plan/plan.ts';
import { type Interruptible, createInterrupt } from './interrupt.ts';
import type { Preemption } from '../preemption.ts';
import { type GrowingTables, createTakeElements } from './instance-heap.ts';
import type { ReservedFunctions } from './reserved-globals.ts';
import { type Growing, createTakePages } from './take-pages.ts';
import { destructorMayWait, funcMayWait } from '../plan/waiting.ts';

/** An instance, as seen by the functions that all instances share. */
export interface SharingInstance extends Caller, Interruptible, Growing, GrowingTables {
  readonly componentInstances: readonly ComponentInstance[];
  /** Calls the other component's function that a lowering refers to. */
  callBetween(lowering: number, args: readonly unknown[]): unknown;
  /** Calls the destructor in the component that defines the resource. */
  destroy(resource: GuestResourceType, caller: ComponentInstance, rep: number): unknown;
}

/** A function that the host provides to core modules. */
export interface GivenFunction {
  /** The function, whose last argument is the calling instance. */
  readonly bridged: WebAssembly.ExportValue;
  readonly mayWait: boolean;
  /** The type, without the caller. */
  readonly type: CoreFunctionType;
}

/** The functions that the host provides to core modules, shared by all instances. */
export interface SharedFunctions extends ReservedFunctions {
  /** The functions, by index in the plan. */
  readonly lowerings: readonly GivenFunction[];
  readonly builtins: readonly GivenFunction[];
}

type Unbridged = CoreFunctionType & {
  readonly shared: SharedFunction;
  readonly mayWait: boolean;
};

interface Sharing<Ctx> {
  readonly plan: Plan<Ctx>;
  readonly makers: Makers;
  readonly contexts: Contexts;
  /** `undefined` if guests run for as long as they like. */
  readonly preemption: Preemption<Ctx> | undefined;
}

export function createSharedFunctions<Ctx>(sharing: Sharing<Ctx>): SharedFunctions {
  const lowerings = sharing.plan.lowerings.map((lowering, index) => shareLowering(sharing, lowering, index));
  const builtins = sharing.plan.builtins.map((builtin) => shareBuiltin(sharing, builtin));
  const all = [...lowerings, ...builtins];
  const bridged = createBridge(
    all.map(({ params, results, shared, mayWait }) => ({
      params,
      results,
      func: mayWait ? new WebAssembly.Suspending(shared) : shared,
    })),
  );
  const given = all.map(({ mayWait, params, results }, index) => ({
    mayWait,
    type: { params, results },
    bridged: bridged[index] as WebAssembly.ExportValue,
  }));
  return {
    lowerings: given.slice(0, lowerings.length),
    builtins: given.slice(lowerings.length),
    interrupt: sharing.preemption && createInterrupt(),
    takePages: createTakePages(),
    takeElements: createTakeElements(),
  };
}

/** The function that an item refers to, if the host provides it. */
export function givenFunction({ lowerings, builtins }: SharedFunctions, item: CoreItem): GivenFunction | undefined {
  if (item.from === 'export') return undefined;
  return (item.from === 'lowering' ? lowerings : builtins)[item.index];
}

function shareLowering<Ctx>(sharing: Sharing<Ctx>, { func }: Lowering<Ctx>, index: number): Unbridged {
  const { makers, contexts } = sharing;
  const call = func.by === 'host' ? func.func : callBetween(index);
  const shared = (makers.lowerings[index] as LowerMaker)({ context: contexts.lowerings[index] as number, call });
  return { shared, mayWait: funcMayWait(makers, func), ...flattenFunctype(func.type, 'lower') };
}

function callBetween(lowering: number): (caller: SharingInstance, ...args: unknown[]) => unknown {
  return (caller, ...args) => caller.callBetween(lowering, args);
}

function shareBuiltin<Ctx>({ makers }: Sharing<Ctx>, { op, resource, componentInstance }: Builtin): Unbridged {
  const instanceOf = (caller: SharingInstance): ComponentInstance =>
    caller.componentInstances[componentInstance] as ComponentInstance;
  if (op === 'resource.drop') {
    const mayWait = destructorMayWait(makers, resource);
    return { params: ['i32'], results: [], mayWait, shared: shareDrop(resource, instanceOf) };
  }
  const does = op === 'resource.new' ? canonResourceNew : canonResourceRep;
  const shared = (x: number, caller: SharingInstance): number => does(instanceOf(caller), resource, x);
  return { params: ['i32'], results: ['i32'], mayWait: false, shared };
}

/** Disposes the host's object, or calls the destructor of the component that defines the resource. */
function shareDrop(
  resource: ResourceType | GuestResourceType,
  instanceOf: (caller: SharingInstance) => ComponentInstance,
): (index: number, caller: SharingInstance) => unknown {
  if (!('componentInstance' in resource)) {
    return (index, caller) => canonResourceDrop(instanceOf(caller), resource, index, disposeRep);
  }
  return (index, caller) => {
    const inst = instanceOf(caller);
    return canonResourceDrop(inst, resource, index, (rep) => caller.destroy(resource, inst, rep as number));
  };
}

function disposeRep(rep: unknown): void {
  (rep as Partial<Disposable>)[Symbol.dispose]?.();
}
