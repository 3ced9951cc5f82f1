import { ComponentInstance, Lifetime, enterFrom, enteringSet, leaveTo } from '../abi/component-instance.ts';
import type { CoreFunction } from '../abi/canon.ts';
import { LiftLowerContext, type Realloc } from '../abi/context.ts';
import { GuestMemory } from '../abi/guest-memory.ts';
import { HandleQuota } from '../abi/handle-table.ts';
import { Trap } from '../abi/trap.ts';
import { getterOf, setterOf } from '../component/rewrite/global-access.ts';
import { RESERVED } from '../component/rewrite/layout.ts';
import type { InstanceLimits } from '../util/limits.ts';
import { HostError } from '../util/host-error.ts';
import type { Holding } from '../util/shared-quota.ts';
import type { BoundFunctions } from './bound-functions.ts';
import { type Cards, TrackedMemory } from './cards.ts';
import type { Charging } from './charging.ts';
import type { Contexts } from './contexts.ts';
import type { Mortal } from './guard.ts';
import { type HeapLimits, type HeapQuota, InstanceHeap, type StartCost } from './instance-heap.ts';
import type { Instance } from './instance-pre.ts';
import type { LiftMaker, Makers } from './makers.ts';
import type { CoreItem, GuestResourceType, LiftedFunc, Lowering, Plan } from './plan.ts';
import { type Preemption, STEPS_TOGETHER, VERDICT, type Verdict, assertNotOver } from './preemption.ts';
import type { PreparedModule } from './prepared-module.ts';
import { type GivenFunction, type SharedFunctions, type SharingInstance, givenFunction } from './shared-functions.ts';
import { RunningCalls } from './running-calls.ts';
import type { Starts } from './starts.ts';
import { type MemoryQuota, assertMayHold, leaveMemory, mayHold } from './take-pages.ts';
import { destructorMayWait, funcMayWait } from './waiting.ts';
import { FloatGlobal, type MutableValue } from './float-global.ts';
import type { ExportOf, GlobalExport, Imports, WiredStep, Wiring } from './wiring.ts';

/** All that instances of one component share. */
export interface Linked<Ctx> {
  readonly plan: Plan<Ctx>;
  readonly wiring: Wiring;
  readonly contexts: Contexts;
  /** By component instance: the resource types that it defines. */
  readonly resources: readonly ReadonlySet<GuestResourceType>[];
  readonly cards: Cards;
  readonly makers: Makers;
  readonly functions: SharedFunctions;
  /** For modules that do not pass their caller. */
  bind(caller: Mortal): BoundFunctions;
  readonly starts: Starts;
  readonly limits: Pick<InstanceLimits, 'maxHandles' | 'maxCallBytes'> & HeapLimits;
  /** What all core instances of an instance take. */
  readonly cost: StartCost;
  /** `undefined` where guests run for as long as they like. */
  readonly preemption: Preemption<Ctx> | undefined;
  /** `undefined` where nothing is counted. */
  readonly charging: Charging<Ctx> | undefined;
  readonly memory: MemoryQuota;
  readonly heap: HeapQuota;
}

/** What an instance keeps in the core: all that a request can change. */
export interface CoreState {
  readonly memories: readonly TrackedMemory[];
  readonly globals: readonly MutableValue[];
  readonly tables: readonly WebAssembly.Table[];
}

type ComponentFunction = (...args: unknown[]) => unknown;

const PAGE_BYTES = 65_536;

const NO_BYTES = new Uint8Array(0);

/**
 * One instance of a component: its core instances and the functions between them.
 *
 * What all instances can share they do: this holds what differs, and makes what not every request needs when it is needed.
 * `bind` gives it to another request, which is sound only with its state restored.
 */
export class LinkedInstance<Ctx> implements Instance, SharingInstance {
  /** Of the request that the instance works for. */
  ctx: Ctx;
  asked: Set<string> | undefined;
  readonly componentInstances: readonly ComponentInstance[];
  readonly contexts: readonly LiftLowerContext[];
  readonly #linked: Linked<Ctx>;
  readonly #guestMemories: readonly GuestMemory[];
  /** Of all steps; used again by each start. */
  readonly #memories: readonly TrackedMemory[];
  /** Of the bytes of the memories. */
  readonly #holding: Holding | undefined;
  readonly #heap: InstanceHeap;
  /** By step. */
  #cores: (WebAssembly.Exports | undefined)[] = [];
  #core: CoreState | undefined;
  /** What was called last: most components export one function. */
  #called: { readonly lifted: LiftedFunc; readonly call: ComponentFunction } | undefined;
  /** By index of the lowering: functions of other components, from the first call on. */
  #between: ComponentFunction[] | undefined;
  /** Destructors that may wait, from the first drop on. */
  #destructors: Map<CoreItem, CoreFunction> | undefined;
  /** What the host gives to modules that do not pass their caller; made when one is started. */
  #bound: BoundFunctions | undefined;
  readonly #running = new RunningCalls();
  readonly #lifetime = new Lifetime();

  constructor(linked: Linked<Ctx>, ctx: Ctx) {
    this.#linked = linked;
    this.ctx = ctx;
    const quota = new HandleQuota(linked.limits.maxHandles, (bytes) => linked.charging?.take(this.ctx, bytes));
    this.componentInstances = createComponentInstances(linked, this.#lifetime, quota);
    this.#guestMemories = linked.contexts.memories.map(() => new GuestMemory());
    this.contexts = linked.contexts.contexts.map((opts) => {
      const inst = this.componentInstances[opts.componentInstance] as ComponentInstance;
      const memory = this.#guestMemories[opts.memory ?? -1] ?? new GuestMemory();
      return new LiftLowerContext({ opts, inst, memory, maxCallBytes: linked.limits.maxCallBytes });
    });
    this.#holding = linked.memory?.hold(this);
    assertMayHold(this.#holding, this.startByteLength);
    this.#heap = new InstanceHeap(linked.heap, linked.limits, this);
    this.#memories = linked.wiring.memories.map((size) => new TrackedMemory(linked.cards, size));
    this.#start();
  }

  /** New core instances on the same memories, which are as new: a fresh instance for another request. */
  restart(ctx: Ctx): void {
    this.ctx = ctx;
    this.#start();
  }

  /** Lets go of the core instances and makes their memories as new, so that `restart` can follow. */
  clear(): void {
    this.#cores = [];
    this.#heap.end();
    this.#core = undefined;
    this.#called = undefined;
    this.#between = undefined;
    this.#destructors = undefined;
    for (const context of this.contexts) context.realloc = undefined;
    for (const memory of this.#guestMemories) memory.attach(undefined);
    this.resetHandles();
    for (const memory of this.#memories) memory.restore(NO_BYTES, memory.initialPages);
  }

  call(interfaceName: string, func: string, args: readonly unknown[]): Promise<unknown> {
    const lifted = this.#linked.plan.exports.get(interfaceName)?.get(func);
    if (lifted === undefined) {
      throw new HostError('bad-component', `the component does not export ${interfaceName}.${func}`);
    }
    if (this.#called?.lifted !== lifted) this.#called = { lifted, call: this.#lift(lifted, undefined) };
    this.#linked.preemption?.enter(this.ctx);
    try {
      return this.#called.call(...args) as Promise<unknown>;
    } catch (error) {
      return Promise.reject(this.end(error));
    }
  }

  callBetween(lowering: number, args: readonly unknown[]): unknown {
    this.#between ??= [];
    const call = (this.#between[lowering] ??= this.#liftBetween(lowering));
    const { mayWait } = this.#linked.functions.lowerings[lowering] as GivenFunction;
    return mayWait ? this.#running.onItsOwnStack(() => call(...args)) : call(...args);
  }

  destroy(resource: GuestResourceType, caller: ComponentInstance, rep: number): unknown {
    const { destructor, componentInstance } = resource;
    const entering = enteringSet(this.componentInstances[componentInstance] as ComponentInstance, caller);
    enterFrom(entering);
    const mayWait = destructorMayWait(this.#linked.makers, resource);
    const destroy = destructor && this.#destructor(destructor, mayWait);
    const done = mayWait ? this.#running.onItsOwnStack(() => destroy?.(rep)) : destroy?.(rep);
    if (done instanceof Promise) return done.then(() => leaveTo(entering));
    leaveTo(entering);
    return undefined;
  }

  end(error: unknown): unknown {
    leaveMemory(this.#holding);
    return this.#lifetime.end(error);
  }

  waits(heldBytes: number): void {
    if (heldBytes > 0) this.#linked.charging?.takeOrEnd(this.ctx, heldBytes);
    this.#linked.preemption?.leave(this.ctx);
  }

  goesOn(heldBytes: number): void {
    if (heldBytes > 0) this.#linked.charging?.giveBack(this.ctx, heldBytes);
    this.#linked.preemption?.enter(this.ctx);
  }

  interrupt(): Verdict {
    if (this.#lifetime.ended !== undefined) return VERDICT.trap;
    const verdict = this.#linked.preemption?.interrupt(this.ctx) ?? VERDICT.goOn;
    return verdict === VERDICT.pause && !this.#isSuspendable() ? VERDICT.goOn : verdict;
  }

  async pause(): Promise<Verdict> {
    return (await this.#linked.preemption?.pause(this.ctx)) ?? VERDICT.goOn;
  }

  takePages(pages: number): boolean {
    if (pages === 0) for (const memory of this.#memories) memory.noteSize();
    return mayHold(this.#holding, this.byteLength + pages * PAGE_BYTES);
  }

  takeElements(count: number): boolean {
    return this.#heap.takeElements(count);
  }

  /** Gives the instance to another request. */
  bind(ctx: Ctx): void {
    this.ctx = ctx;
  }

  /** What has to be restored before another request, beside the handles. */
  get core(): CoreState {
    return (this.#core ??= this.#findCore());
  }

  /** The bytes of its memories that a guest was ever given. */
  get byteLength(): number {
    return this.#memories.reduce((sum, { chargedBytes }) => sum + chargedBytes, 0);
  }

  /** Whether a guest has made V8's memories larger, so that the next could tell. */
  get hasGrownMemories(): boolean {
    return this.#memories.some(({ hasGrown }) => hasGrown);
  }

  /** Lets each memory grow by so many pages so that the next guest cannot tell. */
  makeRoom(pages: number): void {
    for (const memory of this.#memories) memory.makeRoom(pages);
  }

  /** What `byteLength` is before anything runs. */
  get startByteLength(): number {
    return this.#linked.wiring.memories.reduce((sum, { initialPages }) => sum + initialPages * PAGE_BYTES, 0);
  }

  /** Whether it lives and no call into it runs, not even one that is suspended: only then may another request have it. */
  get isIdle(): boolean {
    const isAlive = this.#lifetime.ended === undefined;
    return isAlive && this.#running.isNone && this.componentInstances.every(({ isIdle }) => isIdle);
  }

  /** Forgets all handles and calls: as new, but for the core. */
  resetHandles(): void {
    for (const instance of this.componentInstances) instance.reset();
    for (const context of this.contexts) context.reset();
  }

  /** Lets go of what its handles stand for, though a call into it may be suspended: should it ever go on, it finds none of them. */
  abandon(): void {
    leaveMemory(this.#holding);
    for (const instance of this.componentInstances) instance.abandon();
    for (const context of this.contexts) context.reset();
  }

  /** Gives back what is shared with other instances. Sound only where no call into it runs, not even one that is suspended. */
  release(): void {
    leaveMemory(this.#holding);
    this.#heap.end();
    for (const memory of this.#memories) memory.release();
  }

  /** Whether no JavaScript stands between the guest and a promising call. */
  #isSuspendable(): boolean {
    const isPlain = this.#running.plain > 0 || this.#linked.starts.isStarting;
    return !isPlain && this.componentInstances.every(({ mayLeave }) => mayLeave);
  }

  #start(): void {
    const { wiring, starts, preemption, cost } = this.#linked;
    this.#heap.start(cost);
    preemption?.enter(this.ctx);
    this.#cores = wiring.steps.map(() => undefined);
    this.asked = starts.calls;
    try {
      starts.run(() => {
        for (const [index, step] of wiring.steps.entries()) this.#run(step, index);
      });
    } catch (error) {
      throw this.end(error);
    } finally {
      this.asked = undefined;
    }
  }

  #findCore(): CoreState {
    const { globals, tables } = this.#linked.wiring;
    return {
      memories: this.#memories,
      globals: globals.map((global) => this.#global(global)),
      tables: tables.map((table) => this.#export(table) as WebAssembly.Table),
    };
  }

  #global({ step, name, access }: GlobalExport): MutableValue {
    if (access !== 'bits') return this.#export({ step, name }) as WebAssembly.Global;
    const [get, set] = [getterOf(name), setterOf(name)].map((func) => this.#export({ step, name: func }));
    return new FloatGlobal(get as () => unknown, set as (bits: unknown) => void);
  }

  #export({ step, name }: ExportOf): unknown {
    return this.#cores[step]?.[name];
  }

  #run(step: WiredStep, at: number): void {
    if (at > 0 && at % STEPS_TOGETHER === 0) assertNotOver(this);
    const { module, rewritten } = step.prepared;
    const { exports } = new WebAssembly.Instance(module, this.#importsOf(step) as WebAssembly.Imports);
    this.#cores[at] = exports;
    for (const { name, index } of step.memories) this.#guestMemories[index]?.attach(this.#tracked(exports[name]));
    for (const { name, index } of step.reallocs) {
      (this.contexts[index] as LiftLowerContext).realloc = exports[name] as Realloc;
    }
    this.#initialise(exports, rewritten);
  }

  #importsOf({ fixed, varying, recycled }: WiredStep): Imports {
    const imports: Imports = { ...fixed };
    for (const [from, items] of varying) {
      const given = { ...fixed[from] };
      for (const { name, item } of items) given[name] = this.#item(item);
      imports[from] = given;
    }
    const { cards, preemption } = this.#linked;
    const reserved: Record<string, unknown> = { cards: cards.memory, word: preemption?.memory };
    for (const { name, index } of recycled) reserved[name] = this.#memories[index]?.memory;
    imports[RESERVED] = reserved;
    return imports;
  }

  /** What instantiation does after linking: caller, cards, data, start function. */
  #initialise(exports: WebAssembly.Exports, rewritten: PreparedModule['rewritten']): void {
    const memories = rewritten.memories.map(({ exportName }) => this.#tracked(exports[exportName]));
    const [first] = memories;
    if (rewritten.callerExport !== undefined) (exports[rewritten.callerExport] as WebAssembly.Global).value = this;
    const { functions } = this.#linked;
    const { interruptExport, takePagesExport, takeElementsExport } = rewritten;
    if (takeElementsExport !== undefined)
      (exports[takeElementsExport] as WebAssembly.Global).value = functions.takeElements;
    if (interruptExport !== undefined) (exports[interruptExport] as WebAssembly.Global).value = functions.interrupt;
    if (takePagesExport !== undefined) (exports[takePagesExport] as WebAssembly.Global).value = functions.takePages;
    if (rewritten.cardsExport !== undefined && first !== undefined) {
      (exports[rewritten.cardsExport] as WebAssembly.Global).value = first.base;
    }
    for (const { memory, offset, bytes } of rewritten.dataSegments) {
      const target = memories[memory];
      if (target === undefined || offset + bytes.byteLength > target.reportedPages * PAGE_BYTES) {
        throw new Trap('a data segment does not fit the memory');
      }
      target.bytes.set(bytes, offset);
      target.mark(offset, bytes.byteLength);
    }
    if (rewritten.startExport !== undefined) (exports[rewritten.startExport] as CoreFunction)();
  }

  #tracked(memory: unknown): TrackedMemory | undefined {
    return this.#memories.find((tracked) => tracked.memory === memory);
  }

  #item(item: CoreItem): unknown {
    if (item.from === 'export') return this.#export(item);
    const { functions, bind } = this.#linked;
    const given = givenFunction(functions, item);
    if (given === undefined) return undefined;
    this.#bound ??= bind(this);
    return this.#bound.get(given);
  }

  #liftBetween(lowering: number): ComponentFunction {
    const { func, componentInstance } = this.#linked.plan.lowerings[lowering] as Lowering<Ctx>;
    return this.#lift(func as LiftedFunc, this.componentInstances[componentInstance]);
  }

  #lift(func: LiftedFunc, caller: ComponentInstance | undefined): ComponentFunction {
    const { makers, contexts } = this.#linked;
    const cx = this.contexts[contexts.lifts.get(func) as number] as LiftLowerContext;
    const core = this.#item(func.core) as CoreFunction;
    const isPromising = caller === undefined || funcMayWait(makers, func);
    const entering = enteringSet(cx.inst, caller);
    const postReturn = func.options.postReturn && (this.#item(func.options.postReturn) as CoreFunction);
    const maker = makers.lifts.get(func) as LiftMaker;
    return maker({ cx, entering, core: isPromising ? toPromising(core) : this.#plain(core), postReturn });
  }

  /** A function in which the guest cannot be suspended, which it has to know. */
  #plain(core: CoreFunction): CoreFunction {
    if (this.#linked.preemption === undefined) return core;
    return this.#running.plainly(core);
  }

  #destructor(item: CoreItem, mayWait: boolean): CoreFunction {
    const core = this.#item(item) as CoreFunction;
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

function createComponentInstances<Ctx>(
  { plan, resources }: Linked<Ctx>,
  lifetime: Lifetime,
  quota: HandleQuota,
): ComponentInstance[] {
  const instances: ComponentInstance[] = [];
  for (const [index, madeBy] of plan.componentInstances.entries()) {
    const parent = madeBy === undefined ? undefined : instances[madeBy];
    instances.push(new ComponentInstance({ parent, resources: resources[index], quota, lifetime }));
  }
  // A list that has grown holds room for more.
  return [...instances];
}
