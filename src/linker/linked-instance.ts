import { ComponentInstance, enteringSet } from '../abi/component-instance.ts';
import { type CoreFunction, canonLift, canonLower } from '../abi/canon.ts';
import { LiftLowerContext } from '../abi/context.ts';
import { GuestMemory } from '../abi/guest-memory.ts';
import { HandleQuota } from '../abi/handle-table.ts';
import { canonResourceDrop, canonResourceNew, canonResourceRep } from '../abi/resources.ts';
import { Trap } from '../abi/trap.ts';
import type { ResourceType } from '../abi/types.ts';
import { HostError } from '../util/host-error.ts';
import { type Cards, TrackedMemory } from './cards.ts';
import type { Instance } from './instance-pre.ts';
import type { Builtin, CoreItem, GuestResourceType, LiftedFunc, Lowering, Plan, ResolvedOptions, Step } from './plan.ts';
import type { PreparedModule } from './prepared-module.ts';

/** All that instances of one component share. */
export interface Linked<Ctx> {
  readonly plan: Plan<Ctx>;
  readonly modules: readonly PreparedModule[];
  readonly cards: Cards;
}

/** The request that an instance works for, and whether it is still starting. */
export interface InstanceStore<Ctx> {
  ctx: Ctx;
  phase: 'starting' | 'started';
  /** Host functions that were called while it started. */
  readonly startCalls: Set<string>;
}

/** What an instance keeps in the core: all that a request can change. */
export interface CoreState {
  readonly memories: readonly TrackedMemory[];
  readonly globals: readonly WebAssembly.Global[];
  readonly tables: readonly WebAssembly.Table[];
}

const RESERVED = 'wasi-serve';
const NO_BUFFER = new ArrayBuffer(0);

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
  readonly #memories: TrackedMemory[] = [];
  readonly #cores: WebAssembly.Exports[] = [];
  readonly #lowered: readonly unknown[];
  readonly #builtins: readonly CoreFunction[];
  readonly #exports = new Map<string, Map<string, (...args: unknown[]) => unknown>>();

  constructor(linked: Linked<Ctx>, ctx: Ctx) {
    this.#linked = linked;
    this.store = { ctx, phase: 'starting', startCalls: new Set() };
    this.#componentInstances = createComponentInstances(linked.plan);
    this.#lowered = linked.plan.lowerings.map((lowering) => this.#lower(lowering));
    this.#builtins = linked.plan.builtins.map((builtin) => this.#builtin(builtin));
    for (const step of linked.plan.steps) this.#run(step);
    for (const [name, funcs] of linked.plan.exports) this.#exports.set(name, this.#liftAll(funcs));
    this.store.phase = 'started';
  }

  call(interfaceName: string, func: string, args: readonly unknown[]): Promise<unknown> {
    const lifted = this.#exports.get(interfaceName)?.get(func);
    if (lifted === undefined) throw new HostError('bad-component', `the component does not export ${interfaceName}.${func}`);
    return lifted(...args) as Promise<unknown>;
  }

  /** Gives the instance to another request. */
  bind(ctx: Ctx): void {
    this.store.ctx = ctx;
  }

  /** What has to be restored before another request, beside the handles. */
  get core(): CoreState {
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

  /** Forgets all handles and calls: as new, but for the core. */
  resetHandles(): void {
    for (const instance of this.#componentInstances) instance.reset();
    for (const context of this.#contexts.values()) context.reset();
  }

  /** Gives back what is shared with other instances. */
  release(): void {
    for (const memory of this.#memories) memory.release();
  }

  #run(step: Step): void {
    const { module, rewritten } = this.#linked.modules[step.module] as PreparedModule;
    const imports: Record<string, Record<string, unknown>> = {};
    for (const { module: from, name, item } of step.imports) (imports[from] ??= {})[name] = this.#item(item);
    const reserved: Record<string, unknown> = { cards: this.#linked.cards.memory };
    for (const { recycledAs, limits } of rewritten.memories) {
      if (recycledAs === undefined) continue;
      const memory = new TrackedMemory(this.#linked.cards, limits.initial, limits.maximum ?? limits.initial);
      this.#memories.push(memory);
      reserved[recycledAs] = memory.memory;
    }
    imports[RESERVED] = reserved;
    const { exports } = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
    this.#cores.push(exports);
    this.#start(exports, rewritten);
  }

  /** What instantiation does after linking: cards, data, start function. */
  #start(exports: WebAssembly.Exports, rewritten: PreparedModule['rewritten']): void {
    const memories = rewritten.memories.map(({ exportName }) => this.#tracked(exports[exportName]));
    const [first] = memories;
    if (rewritten.cardsExport !== undefined && first !== undefined) {
      (exports[rewritten.cardsExport] as WebAssembly.Global).value = first.base;
    }
    for (const { memory, offset, bytes } of rewritten.dataSegments) {
      const target = memories[memory];
      if (target === undefined || offset + bytes.byteLength > target.reportedPages * 65_536) {
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
    switch (item.from) {
      case 'export':
        return this.#cores[item.step]?.[item.name];
      case 'lowering':
        return this.#lowered[item.index];
      case 'builtin':
        return this.#builtins[item.index];
    }
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
    let tracked: TrackedMemory | undefined;
    const find = (): TrackedMemory | undefined => (tracked ??= item && this.#tracked(this.#item(item)));
    return new GuestMemory({
      memory: {
        get buffer() {
          return find()?.memory.buffer ?? NO_BUFFER;
        },
      },
      byteLength: () => (find()?.reportedPages ?? 0) * 65_536,
      markWritten: (ptr, byteLength) => find()?.mark(ptr, byteLength),
    });
  }

  #lateRealloc(item: CoreItem): (...args: [number, number, number, number]) => number {
    let realloc: CoreFunction | undefined;
    return (...args) => (realloc ??= this.#item(item) as CoreFunction)(...args) as number;
  }

  #lower({ func, options, componentInstance }: Lowering<Ctx>): unknown {
    const cx = this.#context(options, componentInstance);
    const { store } = this;
    if (func.by === 'host') {
      const { stringEncoding } = options;
      const calling = func.mayWait ? 'may-wait' : 'sync';
      const host = func.func as (...args: unknown[]) => unknown;
      const call = (...args: unknown[]): unknown => {
        if (store.phase === 'starting') store.startCalls.add(func.name);
        return host(...args);
      };
      const lowered = canonLower(func.type, { name: func.name, calling, callee: 'host', stringEncoding })({ cx, store, call });
      return func.mayWait ? new WebAssembly.Suspending(lowered) : lowered;
    }
    const lifted = this.#lateLift(func, componentInstance);
    const opts = { name: 'component', calling: 'may-wait', callee: 'component', stringEncoding: options.stringEncoding } as const;
    return new WebAssembly.Suspending(canonLower(func.type, opts)({ cx, store, call: lifted }));
  }

  /** Another component's function, found when it is first called. */
  #lateLift(func: LiftedFunc, caller: number): (...args: unknown[]) => unknown {
    let lifted: ((...args: unknown[]) => unknown) | undefined;
    return (...args) => (lifted ??= this.#lift(func, this.#componentInstances[caller]))(...args);
  }

  #lift(func: LiftedFunc, caller: ComponentInstance | undefined): (...args: unknown[]) => unknown {
    const { options, componentInstance } = func;
    const cx = this.#context(options, componentInstance);
    const core = WebAssembly.promising(this.#item(func.core) as CoreFunction);
    const entering = enteringSet(cx.inst, caller);
    const postReturn = options.postReturn && (this.#item(options.postReturn) as CoreFunction);
    const opts = { name: 'export', calling: 'may-wait', stringEncoding: options.stringEncoding } as const;
    return canonLift(func.type, opts)({ cx, entering, core: core as CoreFunction, postReturn });
  }

  #liftAll(funcs: ReadonlyMap<string, LiftedFunc>): Map<string, (...args: unknown[]) => unknown> {
    return new Map(Array.from(funcs, ([name, func]) => [name, this.#lift(func, undefined)]));
  }

  #builtin({ op, resource, componentInstance }: Builtin): CoreFunction {
    const inst = this.#componentInstances[componentInstance] as ComponentInstance;
    switch (op) {
      case 'resource.new':
        return (rep) => canonResourceNew(inst, resource, rep as number);
      case 'resource.rep':
        return (index) => canonResourceRep(inst, resource, index as number);
      case 'resource.drop': {
        const destroy = this.#destroyer(resource);
        return (index) => void canonResourceDrop(inst, resource, index as number, destroy);
      }
    }
  }

  /** Disposes the host's object, or calls the destructor of the component that defines the resource. */
  #destroyer(resource: ResourceType | GuestResourceType): (rep: unknown) => void {
    if (!('componentInstance' in resource)) return (rep) => (rep as Partial<Disposable>)[Symbol.dispose]?.();
    const { destructor } = resource;
    return (rep) => {
      if (destructor !== undefined) (this.#item(destructor) as CoreFunction)(rep as number);
    };
  }
}

function createComponentInstances<Ctx>({ componentInstances, builtins }: Plan<Ctx>): ComponentInstance[] {
  const quota = new HandleQuota();
  return Array.from({ length: componentInstances }, (_, index) => {
    const defined = builtins.map(({ resource }) => resource).filter((resource) => isDefinedBy(resource, index));
    return new ComponentInstance({ resources: new Set(defined), quota });
  });
}

function isDefinedBy(resource: ResourceType | GuestResourceType, componentInstance: number): boolean {
  return 'componentInstance' in resource && resource.componentInstance === componentInstance;
}
