import { ComponentInstance, enterFrom, enteringSet, leaveTo } from '../abi/component-instance.ts';
import type { CoreFunction } from '../abi/canon.ts';
import { LiftLowerContext } from '../abi/context.ts';
import { GuestMemory } from '../abi/guest-memory.ts';
import { HandleQuota } from '../abi/handle-table.ts';
import { canonResourceDrop, canonResourceNew, canonResourceRep } from '../abi/resources.ts';
import { Trap } from '../abi/trap.ts';
import type { ResourceType } from '../abi/types.ts';
import { HostError } from '../util/host-error.ts';
import { type Cards, TrackedMemory } from './cards.ts';
import type { Instance } from './instance-pre.ts';
import type { LiftMaker, LowerMaker, Makers } from './makers.ts';
import type {
  Builtin,
  CoreItem,
  GuestResourceType,
  LiftedFunc,
  Lowering,
  Plan,
  ResolvedOptions,
  Step,
} from './plan.ts';
import type { PreparedModule } from './prepared-module.ts';
import type { Starts } from './starts.ts';
import { destructorMayWait, funcMayWait } from './waiting.ts';

/** All that instances of one component share. */
export interface Linked<Ctx> {
  readonly plan: Plan<Ctx>;
  readonly modules: readonly PreparedModule[];
  readonly cards: Cards;
  readonly makers: Makers;
  readonly starts: Starts;
}

/** The request that an instance works for. */
export interface InstanceStore<Ctx> {
  ctx: Ctx;
}

/** What an instance keeps in the core: all that a request can change. */
export interface CoreState {
  readonly memories: readonly TrackedMemory[];
  readonly globals: readonly WebAssembly.Global[];
  readonly tables: readonly WebAssembly.Table[];
}

type ComponentFunction = (...args: unknown[]) => unknown;

const RESERVED = 'wasi-serve';
const PAGE_BYTES = 65_536;
const NO_BYTES = new Uint8Array(0);
const NO_BUFFER = new ArrayBuffer(0);
/** For functions that touch no memory: not empty, so that it never looks as if it had grown. */
const NO_MEMORY = { buffer: new ArrayBuffer(8) };

/**
 * One instance of a component: its core instances and the functions between them.
 *
 * The functions are made once. `bind` gives it to another request, which is sound only with its state restored.
 */
export class LinkedInstance<Ctx> implements Instance {
  readonly store: InstanceStore<Ctx>;
  readonly #linked: Linked<Ctx>;
  readonly #componentInstances: readonly ComponentInstance[];
  readonly #contexts = new Map<string, LiftLowerContext>();
  readonly #lowered: readonly unknown[];
  readonly #builtins: readonly unknown[];
  /** Of all steps, in the order in which they need them; used again by each start. */
  readonly #memories: TrackedMemory[] = [];
  #memoriesTaken = 0;
  #cores: WebAssembly.Exports[] = [];
  #core: CoreState | undefined;
  #exports = new Map<string, Map<string, ComponentFunction>>();
  /** By index of the lowering: functions of other components, from the first call on. */
  #between: ComponentFunction[] = [];
  /** Destructors that may wait, from the first drop on. */
  readonly #destructors = new Map<CoreItem, CoreFunction>();

  constructor(linked: Linked<Ctx>, ctx: Ctx) {
    this.#linked = linked;
    this.store = { ctx };
    this.#componentInstances = createComponentInstances(linked.plan);
    this.#lowered = linked.plan.lowerings.map((lowering, index) => this.#lower(lowering, index));
    this.#builtins = linked.plan.builtins.map((builtin) => this.#builtin(builtin));
    this.#start();
  }

  /** New core instances on the same memories, which are as new: a fresh instance for another request. */
  restart(ctx: Ctx): void {
    this.store.ctx = ctx;
    this.#start();
  }

  /** Lets go of the core instances and makes their memories as new, so that `restart` can follow. */
  clear(): void {
    this.#cores = [];
    this.#core = undefined;
    this.#exports.clear();
    this.#between = [];
    this.#destructors.clear();
    this.resetHandles();
    for (const memory of this.#memories) memory.restore(NO_BYTES, memory.initialPages);
  }

  call(interfaceName: string, func: string, args: readonly unknown[]): Promise<unknown> {
    const lifted = this.#exports.get(interfaceName)?.get(func);
    if (lifted !== undefined) return lifted(...args) as Promise<unknown>;
    throw new HostError('bad-component', `the component does not export ${interfaceName}.${func}`);
  }

  /** Gives the instance to another request. */
  bind(ctx: Ctx): void {
    this.store.ctx = ctx;
  }

  /** What has to be restored before another request, beside the handles. */
  get core(): CoreState {
    return (this.#core ??= this.#findCore());
  }

  /** The bytes of its memories, whether the guest knows of them or not. */
  get byteLength(): number {
    return this.#memories.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  }

  /** What `byteLength` is before anything runs. */
  get startByteLength(): number {
    return this.#memories.reduce((sum, { initialPages }) => sum + initialPages * PAGE_BYTES, 0);
  }

  /** Forgets all handles and calls: as new, but for the core. */
  resetHandles(): void {
    for (const instance of this.#componentInstances) instance.reset();
    for (const context of this.#contexts.values()) context.reset();
  }

  /** Gives back what is shared with other instances. Sound only where no call into it runs, not even one that is suspended. */
  release(): void {
    for (const memory of this.#memories) memory.release();
  }

  #start(): void {
    const { plan, starts } = this.#linked;
    this.#memoriesTaken = 0;
    starts.run(() => {
      for (const step of plan.steps) this.#run(step);
    });
    for (const [name, funcs] of plan.exports) this.#exports.set(name, this.#liftAll(funcs));
  }

  #findCore(): CoreState {
    const { plan, modules } = this.#linked;
    const globals: WebAssembly.Global[] = [];
    const tables: WebAssembly.Table[] = [];
    for (const [index, step] of plan.steps.entries()) {
      const { rewritten } = modules[step.module] as PreparedModule;
      const exports = this.#cores[index] as WebAssembly.Exports;
      for (const { exportName } of rewritten.globals) globals.push(exports[exportName] as WebAssembly.Global);
      if (!rewritten.writesTables) continue;
      for (const { exportName } of rewritten.tables) tables.push(exports[exportName] as WebAssembly.Table);
    }
    return { memories: this.#memories, globals, tables };
  }

  #run(step: Step): void {
    const { module, rewritten } = this.#linked.modules[step.module] as PreparedModule;
    const imports: Record<string, Record<string, unknown>> = {};
    for (const { module: from, name, item } of step.imports) (imports[from] ??= {})[name] = this.#item(item);
    const reserved: Record<string, unknown> = { cards: this.#linked.cards.memory };
    for (const { recycledAs, limits } of rewritten.memories) {
      if (recycledAs === undefined) continue;
      reserved[recycledAs] = this.#takeMemory(limits.initial, limits.maximum ?? limits.initial).memory;
    }
    imports[RESERVED] = reserved;
    const { exports } = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
    this.#cores.push(exports);
    this.#initialise(exports, rewritten);
  }

  #takeMemory(initialPages: number, maxPages: number): TrackedMemory {
    const index = this.#memoriesTaken;
    this.#memoriesTaken += 1;
    return (this.#memories[index] ??= new TrackedMemory(this.#linked.cards, initialPages, maxPages));
  }

  /** What instantiation does after linking: cards, data, start function. */
  #initialise(exports: WebAssembly.Exports, rewritten: PreparedModule['rewritten']): void {
    const memories = rewritten.memories.map(({ exportName }) => this.#tracked(exports[exportName]));
    const [first] = memories;
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
    if (item.from === 'export') return this.#cores[item.step]?.[item.name];
    return (item.from === 'lowering' ? this.#lowered : this.#builtins)[item.index];
  }

  /** The context of functions that share options. Memory and realloc are found when they are first used: they may not exist yet. */
  #context(options: ResolvedOptions, componentInstance: number): LiftLowerContext {
    const key = JSON.stringify([options.stringEncoding, options.memory, options.realloc, componentInstance]);
    const known = this.#contexts.get(key);
    if (known !== undefined) return known;
    const context = new LiftLowerContext({
      opts: { stringEncoding: options.stringEncoding },
      inst: this.#componentInstances[componentInstance] as ComponentInstance,
      memory: this.#guestMemory(options.memory),
      realloc: options.realloc && this.#lateRealloc(options.realloc),
    });
    this.#contexts.set(key, context);
    return context;
  }

  #guestMemory(item: CoreItem | undefined): GuestMemory {
    if (item === undefined) return new GuestMemory({ memory: NO_MEMORY, byteLength: () => 0 });
    let tracked: TrackedMemory | undefined;
    const find = (): TrackedMemory | undefined => (tracked ??= this.#tracked(this.#item(item)));
    return new GuestMemory({
      memory: {
        get buffer() {
          return find()?.memory.buffer ?? NO_BUFFER;
        },
      },
      byteLength: () => (find()?.reportedPages ?? 0) * PAGE_BYTES,
      markWritten: (ptr, byteLength) => find()?.mark(ptr, byteLength),
    });
  }

  #lateRealloc(item: CoreItem): (...args: [number, number, number, number]) => number {
    return (...args) => (this.#item(item) as CoreFunction)(...args) as number;
  }

  #lower({ func, options, componentInstance }: Lowering<Ctx>, index: number): unknown {
    const cx = this.#context(options, componentInstance);
    const call = func.by === 'host' ? this.#linked.starts.watch(func) : this.#lateLift(func, componentInstance, index);
    const lowered = (this.#linked.makers.lowerings[index] as LowerMaker)({ cx, store: this.store, call });
    return funcMayWait(this.#linked.makers, func) ? new WebAssembly.Suspending(lowered) : lowered;
  }

  /** Another component's function, which may not exist yet. */
  #lateLift(func: LiftedFunc, caller: number, lowering: number): ComponentFunction {
    return (...args) => (this.#between[lowering] ??= this.#lift(func, this.#componentInstances[caller]))(...args);
  }

  #lift(func: LiftedFunc, caller: ComponentInstance | undefined): ComponentFunction {
    const { options, componentInstance } = func;
    const cx = this.#context(options, componentInstance);
    const core = this.#item(func.core) as CoreFunction;
    const isPromising = caller === undefined || funcMayWait(this.#linked.makers, func);
    const entering = enteringSet(cx.inst, caller);
    const postReturn = options.postReturn && (this.#item(options.postReturn) as CoreFunction);
    const maker = this.#linked.makers.lifts.get(func) as LiftMaker;
    return maker({ cx, entering, core: isPromising ? toPromising(core) : core, postReturn });
  }

  #liftAll(funcs: ReadonlyMap<string, LiftedFunc>): Map<string, ComponentFunction> {
    return new Map(Array.from(funcs, ([name, func]) => [name, this.#lift(func, undefined)]));
  }

  #builtin({ op, resource, componentInstance }: Builtin): unknown {
    const inst = this.#componentInstances[componentInstance] as ComponentInstance;
    if (op === 'resource.new') return (rep: number) => canonResourceNew(inst, resource, rep);
    if (op === 'resource.rep') return (index: number) => canonResourceRep(inst, resource, index);
    const destroy = this.#destroyer(resource, inst);
    const drop = (index: number): unknown => canonResourceDrop(inst, resource, index, destroy);
    return destructorMayWait(this.#linked.makers, resource) ? new WebAssembly.Suspending(drop) : drop;
  }

  /** Disposes the host's object, or calls the destructor of the component that defines the resource. */
  #destroyer(resource: ResourceType | GuestResourceType, caller: ComponentInstance): (rep: unknown) => unknown {
    if (!('componentInstance' in resource)) return (rep) => (rep as Partial<Disposable>)[Symbol.dispose]?.();
    const { destructor, componentInstance } = resource;
    const entering = enteringSet(this.#componentInstances[componentInstance] as ComponentInstance, caller);
    const mayWait = destructorMayWait(this.#linked.makers, resource);
    return (rep) => {
      enterFrom(entering);
      const done = destructor && this.#destructor(destructor, mayWait)(rep as number);
      if (done instanceof Promise) return done.then(() => leaveTo(entering));
      leaveTo(entering);
      return undefined;
    };
  }

  #destructor(item: CoreItem, mayWait: boolean): CoreFunction {
    const core = this.#item(item) as CoreFunction;
    if (!mayWait) return core;
    const known = this.#destructors.get(item) ?? toPromising(core);
    this.#destructors.set(item, known);
    return known;
  }
}

function toPromising(core: CoreFunction): CoreFunction {
  return WebAssembly.promising(core) as CoreFunction;
}

function createComponentInstances<Ctx>({ componentInstances, builtins }: Plan<Ctx>): ComponentInstance[] {
  const quota = new HandleQuota();
  const instances: ComponentInstance[] = [];
  for (const [index, madeBy] of componentInstances.entries()) {
    const defined = builtins.map(({ resource }) => resource).filter((resource) => isDefinedBy(resource, index));
    const parent = madeBy === undefined ? undefined : instances[madeBy];
    instances.push(new ComponentInstance({ parent, resources: new Set(defined), quota }));
  }
  return instances;
}

function isDefinedBy(resource: ResourceType | GuestResourceType, componentInstance: number): boolean {
  return 'componentInstance' in resource && resource.componentInstance === componentInstance;
}
