import type { Artifacts } from '../component/cache.ts';
import { readCoreImports, readCoreSections } from '../component/core-module.ts';
import { RESERVED } from '../component/rewrite/layout.ts';
import type { ReachableMemory } from '../component/rewrite/reach.ts';
import type { RewriteOptions } from '../component/rewrite/rewrite.ts';
import type { InstanceLimits } from '../util/limits.ts';
import { rewriteBounds } from './bounds.ts';
import { createInterrupt, type Interruptible } from './interrupt.ts';
import { type Preemption, VERDICT } from './preemption.ts';
import { type PreparedModule, compileRewritten, rewriteModules } from './prepared-module.ts';
import { assertNothingReserved } from './reserved.ts';

/** The core modules that jco made of a component, with maxima, and with checks where guests are interrupted. */
export interface JcoModules<Ctx> {
  get(name: string): WebAssembly.Module;
  /** What jco's glue calls to instantiate one of them, in an instance that works for `ctx`. */
  instantiatorFor(ctx: Ctx): InstantiateCore;
}

export type InstantiateCore = (module: WebAssembly.Module, imports?: WebAssembly.Imports) => WebAssembly.Instance;

/** What a module with checks is given. */
interface Interruption {
  /** In its first word stands whether somebody wants the thread. */
  readonly word: WebAssembly.Memory;
  /** Called where it is set, with `caller`. */
  readonly interrupt: WebAssembly.ExportValue;
  readonly caller: Interruptible;
}

/** Rewrites and compiles them. Throws `HostError` where one is not valid, or asks for more than it is permitted. */
export async function prepareJcoModules<Ctx>(
  artifacts: Artifacts,
  limits: InstanceLimits,
  preemption: Preemption<Ctx> | undefined,
): Promise<JcoModules<Ctx>> {
  const named = [...artifacts].filter(([name]) => name.endsWith('.wasm'));
  const binaries = named.map(([, bytes]) => bytes);
  for (const bytes of binaries) assertNothingReserved(readCoreImports(readCoreSections(bytes)));
  const options = binaries.map(() => rewriteOptions(limits, preemption));
  const prepared = await compileRewritten(await rewriteModules(binaries, options));
  const byName = new Map(named.map(([name], index) => [name, prepared[index] as PreparedModule]));
  return {
    get: (name) => (byName.get(name) as PreparedModule).module,
    instantiatorFor: createInstantiators(prepared, preemption),
  };
}

function createInstantiators<Ctx>(
  prepared: readonly PreparedModule[],
  preemption: Preemption<Ctx> | undefined,
): JcoModules<Ctx>['instantiatorFor'] {
  if (preemption === undefined) return () => (module, imports) => new WebAssembly.Instance(module, imports);
  const byModule = new Map(prepared.map((made) => [made.module, made]));
  const interrupt = createInterrupt();
  return (ctx) => {
    const interruption = { word: preemption.memory, interrupt, caller: createCaller(preemption, ctx) };
    return (module, imports) => instantiateChecked(byModule.get(module) as PreparedModule, imports, interruption);
  };
}

function rewriteOptions<Ctx>(limits: InstanceLimits, preemption: Preemption<Ctx> | undefined): RewriteOptions {
  const bounds = rewriteBounds(limits);
  return preemption === undefined ? { ...bounds, memory: 'plain' } : { ...bounds, memory: 'given', preemption: 'on' };
}

/** A guest in jco's glue is never paused, only ended: JavaScript may stand between it and the call that is promising. */
function createCaller<Ctx>(preemption: Preemption<Ctx>, ctx: Ctx): Interruptible {
  return {
    interrupt: () => (preemption.interrupt(ctx) === VERDICT.trap ? VERDICT.trap : VERDICT.goOn),
    pause: () => Promise.resolve(VERDICT.goOn),
  };
}

/** As V8 instantiates the original. The start function comes last, when the module can be interrupted. */
export function instantiateChecked(
  { module, rewritten }: PreparedModule,
  imports: WebAssembly.Imports | undefined,
  { word, interrupt, caller }: Interruption,
): WebAssembly.Instance {
  const reserved = { word, ...createMemories(rewritten.memories) };
  const instance = new WebAssembly.Instance(module, { ...imports, [RESERVED]: reserved });
  const { callerExport = '', interruptExport = '', startExport } = rewritten;
  (instance.exports[callerExport] as WebAssembly.Global).value = caller;
  (instance.exports[interruptExport] as WebAssembly.Global).value = interrupt;
  if (startExport !== undefined) (instance.exports[startExport] as () => void)();
  return instance;
}

function createMemories(memories: readonly ReachableMemory[]): Record<string, WebAssembly.Memory> {
  const created: Record<string, WebAssembly.Memory> = {};
  for (const { recycledAs, limits, isShared } of memories) {
    if (recycledAs === undefined) continue;
    const { initial, maximum = initial } = limits;
    created[recycledAs] = new WebAssembly.Memory({ initial, maximum, shared: isShared });
  }
  return created;
}
