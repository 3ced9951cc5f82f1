import { guardInterface } from '../abi/emit/guard.ts';
import type { HostInterface } from '../abi/host-interface.ts';
import { type ArtifactCache, createCache, defaultCacheFolder, NO_CACHE } from '../component/cache/cache.ts';
import { decodeComponent } from '../component/decode.ts';
import { encodeInterface } from '../component/encode-interface.ts';
import type { ComponentSource } from '../component/source.ts';
import { type World, toWorld } from '../component/world.ts';
import { toLoadConfig } from '../config/to-serve-config.ts';
import type { LoadOptions } from '../config/options.ts';
import { type RunListener, createTurns } from '../instance/preempt/preemption.ts';
import type { GuestCode } from '../observe/profile/guest-code.ts';
import { parseInterfaceName } from '../linker/plan/names.ts';
import { resolveImports } from '../linker/plan/resolve.ts';
import { HeapWatch } from '../util/heap-watch.ts';
import { HostError } from '../util/host-error.ts';
import type { InstanceLimits } from '../util/limits.ts';
import { SharedQuota } from '../util/shared-quota.ts';
import type { WasiCtx } from '../wasi/wasi-ctx.ts';
import { wasiInterfaces } from '../wasi/interfaces.ts';
import type { SharedByGuests } from './engines/component-engine.ts';
import { type EngineLinked, linkWithEngine } from './engines/link-with-engine.ts';
import { type ComponentFile, toSource } from './to-source.ts';

/** A component that is read, checked and linked: ready to be served by any number of hosts. */
export interface Component extends SharedByGuests, EngineLinked {
  /** The path, or what the caller calls it. */
  readonly label: string;
  readonly byteLength: number;
  readonly world: World;
}

/** What a caller gives to `loadComponent` beside files: bytes with a name for messages, and interfaces of its own. */
export interface LoadComponentOptions extends LoadOptions {
  /** For messages, if bytes are given. Default `component`. */
  readonly label?: string;
  /** Served beside WASI's. One with the name of a WASI interface takes its place. */
  readonly interfaces?: readonly HostInterface<WasiCtx>[];
  /** Given to several components, their guests together hold no more bytes of memory than it allows. Default: one of its own, of `maxTotalMemoryBytes`. */
  readonly memory?: SharedQuota;
  /** The same for what core instances take of V8's heap: `maxTotalInstanceHeapBytes`. */
  readonly instanceHeap?: SharedQuota;
  /** Called whenever a guest begins to run or goes on: for an observer that has to know which guest holds the thread. */
  readonly onRun?: RunListener | undefined;
  /** To be told of the core modules when they are compiled, so that profiles of this thread name their functions. */
  readonly guestCode?: GuestCode | undefined;
}

/** What of `LoadComponentOptions` is not an option with a value of its own. */
export const BESIDE_OPTIONS = [
  'label',
  'interfaces',
  'memory',
  'instanceHeap',
  'onRun',
  'guestCode',
] as const satisfies (keyof LoadComponentOptions)[];

/**
 * Reads, checks and links a component, once for all its requests.
 *
 * @example
 * ```ts
 * const component = await loadComponent(new URL('app.wasm', import.meta.url));
 * console.log(component.engine.name, component.isolation.reason);
 * ```
 *
 * Throws `HostError`: `bad-argument` if it is given something else than a file or its bytes, `bad-component` if that is not a component or one of another
 * world, `missing-import` with all names, `not-supported` if the engine or isolation that is asked for cannot be had.
 */
export async function loadComponent(file: ComponentFile, given: LoadComponentOptions = {}): Promise<Component> {
  return await loadFor(PROXY, file, given);
}

/** The same for a component that is run once, as a program: it has to implement `wasi:cli/command`, and nothing of it runs before. */
export async function loadCommand(file: ComponentFile, given: LoadComponentOptions = {}): Promise<Component> {
  return await loadFor(COMMAND, file, { ...given, isolation: 'fresh' });
}

/** A world, and the interface by whose export a component shows that it implements it. */
interface Target {
  readonly world: string;
  readonly interfaceName: string;
  /** How it is used. */
  readonly advice: string;
}

const PROXY: Target = {
  world: 'wasi:http/proxy',
  interfaceName: 'wasi:http/incoming-handler',
  advice: 'use wasi-serve serve',
};
const COMMAND: Target = {
  world: 'wasi:cli/command',
  interfaceName: 'wasi:cli/run',
  advice: 'use wasi-serve run',
};

async function loadFor(target: Target, file: ComponentFile, given: LoadComponentOptions): Promise<Component> {
  const options = toLoadConfig(given, BESIDE_OPTIONS);
  const { limits, engine, sharedPages, growFailure, guestDebug, guestCode } = options;
  // Without rewriting there is neither a state that could be restored nor a place to interrupt.
  const { isolation, preemption } = guestDebug === 'on' ? AS_IT_IS : options;
  const source = await toSource(file, options.label ?? 'component', limits.maxComponentBytes);
  const definition = decodeComponent(source, limits);
  const world = toWorld(definition);
  assertTarget(source, world, target);
  const interfaces = await encodeInterfaces(options);
  resolveImports(source.label, world.imports, interfaces);
  const shared = shareAmongGuests(options, limits);
  const chosen = { isolation, preemption, sharedPages, growFailure, guestDebug, guestCode };
  const linkOptions = { ...shared, ...chosen, interfaces, limits, cache: openCache(options) };
  const linked = await linkWithEngine(engine, { source, definition, world }, linkOptions);
  const { label, bytes } = source;
  return Object.freeze({ label, byteLength: bytes.byteLength, world, ...shared, ...linked });
}

const AS_IT_IS = Object.freeze({ isolation: 'fresh', preemption: 'off' } as const);

function shareAmongGuests(
  { memory, instanceHeap, onRun }: LoadComponentOptions,
  limits: InstanceLimits,
): SharedByGuests {
  return {
    memory: memory ?? new SharedQuota(limits.maxTotalMemoryBytes),
    instanceHeap: instanceHeap ?? new SharedQuota(limits.maxTotalInstanceHeapBytes),
    heap: new HeapWatch(),
    turns: createTurns(),
    onRun,
  };
}

/** Those of the caller, with their WIT in binary form, before WASI's. */
async function encodeInterfaces({ interfaces = [] }: LoadComponentOptions): Promise<HostInterface<WasiCtx>[]> {
  const encoded = await Promise.all(interfaces.map(encodeInterface));
  return [...encoded.map((host) => guardInterface(host)), ...wasiInterfaces];
}

function openCache({ cache }: LoadOptions): ArtifactCache {
  return cache === false ? NO_CACHE : createCache(cache ?? defaultCacheFolder());
}

function assertTarget({ label }: ComponentSource, { exports }: World, { world, interfaceName }: Target): void {
  if (hasExport(exports, interfaceName)) return;
  const exported = exports.length === 0 ? 'nothing' : exports.join(', ');
  const other = [PROXY, COMMAND].find((one) => one.interfaceName !== interfaceName);
  const advice = other !== undefined && hasExport(exports, other.interfaceName) ? ` (${other.advice})` : '';
  throw new HostError(
    'bad-component',
    `${label} does not implement ${world}: it exports ${exported}, not ${interfaceName}${advice}`,
  );
}

function hasExport(exports: World['exports'], interfaceName: string): boolean {
  return exports.some((name) => parseInterfaceName(name).name === interfaceName);
}
