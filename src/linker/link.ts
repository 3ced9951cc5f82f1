import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HostInterface } from '../abi/host-interface.ts';
import { decodeComponent } from '../component/decode.ts';
import { type ArtifactCache, NO_CACHE } from '../component/cache/cache.ts';
import type { ComponentDefinition } from '../component/definitions.ts';
import { createKeptRewriting } from '../component/cache/kept-rewriting.ts';
import type { ComponentSource } from '../component/source.ts';
import type { ReachableMemory } from '../rewriter/analyse/reach.ts';
import type { RewriteOptions } from '../rewriter/rewrite.ts';
import { DEFAULT_LIMITS, type InstanceLimits } from '../util/limits.ts';
import { HostError } from '../util/host-error.ts';
import { rewriteBounds } from './run/bounds.ts';
import { prepareBoundFunctions } from './run/bound-functions.ts';
import { Cards } from './run/cards.ts';
import type { Charging } from './run/charging.ts';
import { checkTypes, checkTypesOnce } from './check-types.ts';
import { evaluateRoot } from './plan/evaluate.ts';
import { HostResources } from './plan/host-instance.ts';
import { type HeapQuota, sumCosts } from './run/instance-heap.ts';
import type { InstancePre } from './instance-pre.ts';
import { planContexts } from './plan/contexts.ts';
import type { Linked } from './run/linked.ts';
import type { StartListener } from './run/core-instances.ts';
import { openKernelPages } from './run/memory/kernel-pages.ts';
import { LinkedInstance } from './run/linked-instance.ts';
import { emitMakers } from './run/makers.ts';
import { parseInterfaceName } from './plan/names.ts';
import { PlanBuilder } from './plan/plan-builder.ts';
import type { GuestResourceType, LiftedFunc, Plan } from './plan/plan.ts';
import type { Preemption } from './preemption.ts';
import type { GuestCode } from '../observe/profile/guest-code.ts';
import {
  type PreparedModule,
  compileRewritten,
  leaveModules,
  nameForProfiler,
  rewriteModules,
} from './run/prepared-module.ts';
import { type Extern, createScope } from './plan/scope.ts';
import { createSharedFunctions } from './run/shared-functions.ts';
import { Starts } from './run/starts.ts';
import type { MemoryQuota } from './run/take-pages.ts';
import { type Wired, hostFunctionsOf, wireSteps } from './run/wiring.ts';

/** Decodes a component, checks its types against the host's, and resolves its imports to the host's interfaces, once. */
export function planComponent<Ctx>(
  source: ComponentSource,
  interfaces: readonly HostInterface<Ctx>[],
  definition: ComponentDefinition = decodeComponent(source),
): Plan<Ctx> {
  checkTypes(source, definition, interfaces);
  return planChecked(source, interfaces, definition);
}

/** Resolves the imports of a component that has been checked. */
function planChecked<Ctx>(
  source: ComponentSource,
  interfaces: readonly HostInterface<Ctx>[],
  definition: ComponentDefinition,
): Plan<Ctx> {
  const plan = new PlanBuilder<Ctx>();
  const evaluation = { plan, interfaces, resources: new HostResources(), missing: [] as string[] };
  const root = { definition, scope: createScope<Ctx>(undefined, -1) };
  const exports = evaluateRoot(evaluation, root);
  if (evaluation.missing.length > 0) {
    const names = evaluation.missing.map((name) => `\n  ${name}`).join('');
    throw new HostError('missing-import', `${source.label} imports functions that this host does not provide:${names}`);
  }
  return plan.seal(exportedFuncs(exports));
}

/** The functions of each exported interface. */
function exportedFuncs<Ctx>(exports: ReadonlyMap<string, Extern<Ctx>>): Plan<Ctx>['exports'] {
  const interfaces = new Map<string, ReadonlyMap<string, LiftedFunc>>();
  for (const [name, extern] of exports) {
    if (extern.sort !== 'instance') continue;
    const funcs = new Map<string, LiftedFunc>();
    for (const [func, item] of extern.instance.exports) {
      if (item.sort === 'func' && item.func.by === 'lift') funcs.set(func, item.func);
    }
    interfaces.set(parseInterfaceName(name).name, funcs);
  }
  return interfaces;
}

/** The options with which each module of a plan is rewritten. */
export function rewriteOptionsOf<Ctx>(
  plan: Plan<Ctx>,
  preemption: 'on' | 'off' = 'off',
  limits: InstanceLimits = DEFAULT_LIMITS,
  growFailure?: RewriteOptions['growFailure'],
): RewriteOptions[] {
  return plan.modules.map((_bytes, module) => ({
    ...rewriteBounds(limits),
    memory: 'tracked',
    preemption,
    ...(growFailure === 'traps' && { growFailure }),
    hostFunctions: hostFunctionsOf(plan, module),
  }));
}

/** The environment in which a component is linked. */
export interface LinkContext<Ctx> {
  readonly definition?: ComponentDefinition;
  /** Where rewritten modules are cached; by default nowhere. */
  readonly cache?: ArtifactCache;
  readonly limits?: InstanceLimits;
  /** Without it, guests run for as long as they like. */
  readonly preemption?: Preemption<Ctx> | undefined;
  /** Without it, what an instance holds for its request is not counted. */
  readonly charging?: Charging<Ctx> | undefined;
  /** Quotas, which may be shared with other components. */
  readonly memory?: MemoryQuota;
  readonly heap?: HeapQuota;
  /** Whether instances share pages of data that they have not written to, if that is possible. Default `auto`. */
  readonly sharedPages?: 'auto' | 'off';
  /** What memories and tables do that cannot grow. Default `returned`. */
  readonly growFailure?: RewriteOptions['growFailure'];
  /** `original`: modules are not rewritten. Default `rewritten`. */
  readonly code?: 'rewritten' | 'original';
  /** To be told of the modules, for profiles. */
  readonly guestCode?: GuestCode | undefined;
}

/** Links a component with our own linker. Throws `HostError` if it uses unsupported features, or imports something that the host does not have. */
export async function linkComponent<Ctx>(
  source: ComponentSource,
  interfaces: readonly HostInterface<Ctx>[],
  context: LinkContext<Ctx> = {},
): Promise<LinkedPre<Ctx>> {
  const { cache = NO_CACHE, limits = DEFAULT_LIMITS, preemption, charging, memory, heap } = context;
  const { definition = decodeComponent(source) } = context;
  await checkTypesOnce(cache, source, definition, interfaces);
  const planned = planChecked(source, interfaces, definition);
  const options = rewriteOptionsOf(planned, preemption === undefined ? 'off' : 'on', limits, context.growFailure);
  const prepared =
    context.code === 'original'
      ? leaveModules(planned.modules, options)
      : await rewriteModules(planned.modules, options, createKeptRewriting(cache, source, options, limits), limits);
  const named = { label: source.label, code: context.guestCode };
  const binaries = nameForProfiler(prepared, planned.modules, named);
  const plan = { ...planned, modules: [] };
  const [modules, shared] = await Promise.all([compileRewritten(binaries), makeWhileWaiting(plan, preemption)]);
  const costs = plan.steps.map(({ module }) => (modules[module] as PreparedModule).rewritten);
  const cost = sumCosts(costs, limits, costs.some(({ writesTables }) => writesTables) ? 'of tables' : 'none');
  const openStore = context.sharedPages === 'off' ? () => undefined : openKernelPages;
  const linked = { ...completePlan(plan, shared, { modules, openStore }), limits, charging, memory, heap, cost };
  return Object.freeze({
    unrestorable: modules.map(({ rewritten }) => findUnrestorable(rewritten)).find((reason) => reason !== undefined),
    marksAllWrites: modules.every(({ rewritten }) => marksAllWrites(rewritten)),
    canStartAgain: modules.every(({ rewritten }) => canStartAgain(rewritten)),
    startCalls: linked.starts.calls,
    memory,
    heap,
    instantiate: createInstantiate(linked),
  });
}

/** A function of its own, which keeps nothing but `linked`: no binaries, which may be the larger part of a host's memory. */
function createInstantiate<Ctx>(linked: Linked<Ctx>): LinkedPre<Ctx>['instantiate'] {
  return (ctx, listener) => new LinkedInstance(linked, ctx, listener);
}

/** The parts that need no compiled module. */
type Shared<Ctx> = Pick<Linked<Ctx>, 'contexts' | 'makers' | 'starts' | 'functions' | 'preemption'>;

/** Emits code while V8 compiles modules on other threads. */
async function makeWhileWaiting<Ctx>(plan: Plan<Ctx>, preemption: Preemption<Ctx> | undefined): Promise<Shared<Ctx>> {
  await nextTurn();
  const emitted = { contexts: planContexts(plan), makers: emitMakers(plan), starts: new Starts(), preemption };
  return { ...emitted, functions: createSharedFunctions({ plan, ...emitted }) };
}

type Unbounded<Ctx> = Omit<Linked<Ctx>, 'limits' | 'charging' | 'memory' | 'heap' | 'cost'>;

/** Creates everything that instances share. */
function completePlan<Ctx>(
  plan: Plan<Ctx>,
  shared: Shared<Ctx>,
  data: Pick<Wired, 'modules' | 'openStore'>,
): Unbounded<Ctx> {
  const wiring = wireSteps(plan, { ...data, ...shared });
  const bind = prepareBoundFunctions(wiring, shared.functions);
  return { ...shared, plan, wiring, bind, resources: definedResources(plan), cards: new Cards() };
}

/** The resource types that each component instance defines. */
function definedResources<Ctx>({ componentInstances, builtins }: Plan<Ctx>): Linked<Ctx>['resources'] {
  const defined = builtins.flatMap(({ resource }) =>
    'componentInstance' in resource ? [resource as GuestResourceType] : [],
  );
  return componentInstances.map((_madeBy, index) => {
    return new Set(defined.filter(({ componentInstance }) => componentInstance === index));
  });
}

/** Which of a module's state an image cannot capture, if any. */
function findUnrestorable(rewritten: PreparedModule['rewritten']): string | undefined {
  if (rewritten.dropsSegments) return 'it drops data or element segments';
  if (rewritten.hasHeapTypes) return 'it has structs or arrays on the heap';
  if (!rewritten.memories.every(isMarked)) return 'it has a memory that is not tracked';
  const hidden = [...rewritten.globals, ...(rewritten.writesTables ? rewritten.tables : [])];
  return hidden.every(({ access }) => access === 'value' || access === 'bits')
    ? undefined
    : 'it has globals or tables that cannot be read';
}

function marksAllWrites({ memories, activeSegmentCount }: PreparedModule['rewritten']): boolean {
  return activeSegmentCount === 0 && memories.every(isMarked);
}

/**
 * Whether the host can repeat what instantiation does to the memories and tables of other modules, whose start functions may have run before: V8 writes no
 * data to such a memory, and the elements of tables can be read.
 */
function canStartAgain({ memories, tables, activeSegmentCount }: PreparedModule['rewritten']): boolean {
  const isRepeated = activeSegmentCount === 0 || memories.every(({ recycledAs }) => recycledAs !== undefined);
  return isRepeated && tables.every(({ access }) => access === 'value');
}

function isMarked({ isTracked, isShared }: ReachableMemory): boolean {
  return isTracked && !isShared;
}

/** An `InstancePre` whose instances expose their state, so that it can be restored. */
export interface LinkedPre<Ctx> extends InstancePre<Ctx> {
  /** With a `listener`, which is told while the instance starts, it can start again. */
  instantiate(ctx: Ctx, listener?: StartListener): LinkedInstance<Ctx>;
  /** Why an image cannot capture all of an instance's core state; `undefined` if it can. */
  readonly unrestorable: string | undefined;
  /** The names of host functions called while an instance started. */
  readonly startCalls: ReadonlySet<string>;
  /** Whether every write to a memory is marked, from the very first. */
  readonly marksAllWrites: boolean;
  /** Whether an instance can start again after its state is restored to what it was before it started. */
  readonly canStartAgain: boolean;
  readonly memory: MemoryQuota;
  readonly heap: HeapQuota;
}
