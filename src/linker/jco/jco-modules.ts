import { PAGE_BYTES } from '../../wasm/page-bytes.ts';
import { Lifetime } from '../../abi/component-instance.ts';
import type { Artifacts } from '../../component/cache/cache.ts';
import { readCoreImports, readCoreSections } from '../../component/core-sections.ts';
import { RESERVED } from '../../rewriter/layout.ts';
import type { ReachableMemory } from '../../rewriter/analyse/reach.ts';
import type { RewriteOptions } from '../../rewriter/rewrite.ts';
import type { InstanceLimits } from '../../util/limits.ts';
import type { Holding } from '../../util/shared-quota.ts';
import { rewriteBounds } from '../run/bounds.ts';
import {
  createTakeElements,
  type GrowingTables,
  type HeapLimits,
  type HeapQuota,
  InstanceHeap,
  sumCosts,
} from '../run/instance-heap.ts';
import { createInterrupt, type Interruptible } from '../run/interrupt.ts';
import type { Running } from '../instance-pre.ts';
import { JcoCopies } from './jco-copies.ts';
import { type CoreImports, type JcoGuards, createJcoGuards } from './jco-guards.ts';
import { type Preemption, STEPS_TOGETHER, DECISION, type Decision, assertNotOver } from '../preemption.ts';
import type { GuestCode } from '../../observe/profile/guest-code.ts';
import {
  type PreparedModule,
  compileRewritten,
  leaveModules,
  nameForProfiler,
  rewriteModules,
} from '../run/prepared-module.ts';
import { fillReservedGlobals, type ReservedFunctions } from '../run/reserved-globals.ts';
import { assertNothingReserved } from '../plan/reserved.ts';
import {
  type Growing,
  type MemoryQuota,
  assertMayHold,
  createTakePages,
  leaveMemory,
  mayHold,
} from '../run/take-pages.ts';

/** The core modules that jco split a component into, with maxima, calls before memories grow, and checks where guests can be interrupted. */
export interface JcoModules<Ctx> {
  get(name: string): WebAssembly.Module;
  /** Creates the function with which jco's glue instantiates modules, for the instance of `running`; `onEnd` is called with the error that ends it. */
  instantiatorFor(running: Running<Ctx>, onEnd?: (error: unknown) => void): JcoInstantiator;
}

/** Creates the core instances of one instance. */
export interface JcoInstantiator {
  readonly instantiate: InstantiateCore;
  leave(): void;
}

export type InstantiateCore = (module: WebAssembly.Module, imports?: WebAssembly.Imports) => WebAssembly.Instance;

/** The bounds of the instances. */
export interface JcoModuleBounds<Ctx> {
  readonly limits: InstanceLimits;
  /** Without it, guests run for as long as they like. */
  readonly preemption?: Preemption<Ctx> | undefined;
  readonly memory?: MemoryQuota;
  readonly heap?: HeapQuota;
  readonly growFailure?: RewriteOptions['growFailure'];
  /** `original`: modules are not rewritten. Default `rewritten`. */
  readonly code?: 'rewritten' | 'original';
  /** To be told of the modules, for profiles. */
  readonly guestCode?: GuestCode | undefined;
}

/** What all modules import from the host. */
interface Given extends ReservedFunctions {
  /** Its first word tells guests to yield the thread. */
  readonly word: WebAssembly.Memory | undefined;
}

/** Rewrites and compiles the modules of the component that `label` names. Throws `HostError` if one is invalid, or needs more than the limits allow. */
export async function prepareJcoModules<Ctx>(
  artifacts: Artifacts,
  bounds: JcoModuleBounds<Ctx>,
  label = 'component',
): Promise<JcoModules<Ctx>> {
  const named = [...artifacts].filter(([name]) => name.endsWith('.wasm'));
  const binaries = named.map(([, bytes]) => bytes);
  for (const bytes of binaries) assertNothingReserved(readCoreImports(readCoreSections(bytes)));
  const options = binaries.map(() => rewriteOptions(bounds));
  const modules =
    bounds.code === 'original'
      ? leaveModules(binaries, options)
      : await rewriteModules(binaries, options, undefined, bounds.limits);
  const forV8 = nameForProfiler(modules, binaries, { label, code: bounds.guestCode });
  const prepared = await compileRewritten(forV8);
  // Each is instantiated at least once.
  sumCosts(
    prepared.map(({ rewritten }) => rewritten),
    bounds.limits,
  );
  const byName = new Map(named.map(([name], index) => [name, prepared[index] as PreparedModule]));
  return {
    get: (name) => (byName.get(name) as PreparedModule).module,
    instantiatorFor: createInstantiators(prepared, binaries.map(createJcoGuards), bounds),
  };
}

type MadeModule = readonly [prepared: PreparedModule, guards: JcoGuards];

function createInstantiators<Ctx>(
  prepared: readonly PreparedModule[],
  guards: readonly JcoGuards[],
  { limits, preemption, memory, heap }: JcoModuleBounds<Ctx>,
): JcoModules<Ctx>['instantiatorFor'] {
  const byModule = new Map(prepared.map((made, index) => [made.module, [made, guards[index] as JcoGuards] as const]));
  const given = {
    word: preemption?.memory,
    interrupt: preemption && createInterrupt(),
    takePages: createTakePages(),
    takeElements: createTakeElements(),
  };
  return (running, onEnd) => {
    const interrupt = (): Decision | undefined => preemption?.interrupt(running.ctx as Ctx);
    const core = new JcoCore(given, { limits, memory, heap }, interrupt, onEnd);
    const instantiate: InstantiateCore = (module, imports = {}) => {
      const [made, guarding] = byModule.get(module) as MadeModule;
      return core.instantiate(made, guarding.guard(core, imports, core.exported));
    };
    return { instantiate, leave: () => core.leave() };
  };
}

function rewriteOptions<Ctx>({ limits, preemption, growFailure }: JcoModuleBounds<Ctx>): RewriteOptions {
  const preempting = preemption === undefined ? 'off' : 'on';
  return { ...rewriteBounds(limits), memory: 'given', preemption: preempting, growFailure };
}

/** The bounds of an instance. */
type CoreBounds = { readonly limits: HeapLimits; readonly memory?: MemoryQuota; readonly heap?: HeapQuota };

/** The core instances of one instance. It is the caller of the functions that they import. */
export class JcoCore implements Interruptible, Growing, GrowingTables {
  readonly #given: Given;
  /** The functions that its modules export. */
  readonly exported = new Set<unknown>();
  readonly #interrupt: () => Decision | undefined;
  readonly #onEnd: ((error: unknown) => void) | undefined;
  readonly #lifetime = new Lifetime();
  readonly #memories: WebAssembly.Memory[] = [];
  /** How many core instances have been created. */
  #steps = 0;
  /** The quota held for the memories. */
  readonly #holding: Holding | undefined;
  readonly #heap: InstanceHeap;
  readonly #copies = new JcoCopies(() => assertNotOver(this));

  constructor(
    given: Given,
    { limits, memory, heap }: CoreBounds,
    interrupt: () => Decision | undefined,
    onEnd?: (error: unknown) => void,
  ) {
    this.#given = given;
    this.#holding = memory?.hold(this);
    this.#heap = new InstanceHeap(heap, limits, this);
    this.#interrupt = interrupt;
    this.#onEnd = onEnd;
  }

  /** Instantiates a module as V8 would the original. The start function runs last, when the module can be interrupted. Throws `HostError` if there is no room. */
  instantiate({ module, rewritten }: Omit<PreparedModule, 'dataSegments'>, imports: CoreImports): WebAssembly.Instance {
    if (++this.#steps % STEPS_TOGETHER === 0) assertNotOver(this);
    const { word } = this.#given;
    this.#heap.start(rewritten);
    const reserved = { word, ...this.#createMemories(rewritten.memories) };
    const instance = new WebAssembly.Instance(module, { ...imports, [RESERVED]: reserved } as WebAssembly.Imports);
    for (const exported of Object.values(instance.exports)) this.exported.add(exported);
    fillReservedGlobals(instance.exports, rewritten, this, this.#given);
    const { startExport } = rewritten;
    if (startExport !== undefined) (instance.exports[startExport] as () => void)();
    return instance;
  }

  /** The core instances are no longer needed. */
  leave(): void {
    leaveMemory(this.#holding);
  }

  end(error: unknown): unknown {
    this.leave();
    const cause = this.#lifetime.end(error);
    this.#onEnd?.(cause);
    return cause;
  }

  /** A guest in jco's glue is never paused, only ended: there may be JavaScript frames between it and the promising call. */
  interrupt(): Decision {
    const decision = this.#lifetime.ended === undefined ? this.#interrupt() : DECISION.trap;
    return decision === DECISION.trap ? DECISION.trap : DECISION.goOn;
  }

  pause(): Promise<Decision> {
    return Promise.resolve(DECISION.goOn);
  }

  takePages(pages: number): boolean {
    return mayHold(this.#holding, this.#byteLength + pages * PAGE_BYTES);
  }

  takeElements(count: number): boolean {
    return this.#heap.takeElements(count);
  }

  get #byteLength(): number {
    return this.#memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  }

  #createMemories(memories: readonly ReachableMemory[]): Record<string, WebAssembly.Memory> {
    const own = memories.filter(({ recycledAs }) => recycledAs !== undefined);
    const pages = own.reduce((sum, { limits }) => sum + limits.initial, 0);
    assertMayHold(this.#holding, this.#byteLength + pages * PAGE_BYTES);
    return Object.fromEntries(
      own.map(({ recycledAs = '', limits: { initial, maximum = initial }, isShared }) => {
        const memory = new WebAssembly.Memory({ initial, maximum, shared: isShared });
        this.#memories.push(memory);
        this.#copies.watch(memory);
        return [recycledAs, memory];
      }),
    );
  }
}
