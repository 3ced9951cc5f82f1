import { guardInterface } from '../abi/emit/guard.ts';
import type { HostInterface } from '../abi/host-interface.ts';
import { type ArtifactCache, createCache, defaultCacheFolder, NO_CACHE } from '../component/cache.ts';
import { decodeComponent } from '../component/decode.ts';
import type { ComponentDefinition } from '../component/definitions.ts';
import { encodeInterface } from '../component/encode-interface.ts';
import { type ComponentSource, createSource, readSource } from '../component/source.ts';
import { type World, toWorld } from '../component/world.ts';
import type { Engine, Isolation, LoadOptions } from '../config/options.ts';
import { createFreshStrategy, createRecyclingStrategy } from '../instance/fresh.ts';
import { createResetStrategy } from '../instance/reset.ts';
import { type RunListener, createPreemption, createTurns } from '../instance/preempt/preemption.ts';
import { probeReset } from '../instance/probe-reset.ts';
import type { InstanceStrategy } from '../instance/strategy.ts';
import type { Charging } from '../linker/run/charging.ts';
import type { Turns } from '../instance/preempt/turns.ts';
import type { LinkedInstance } from '../linker/run/linked-instance.ts';
import { type LinkedPre, linkComponent } from '../linker/link.ts';
import { parseInterfaceName } from '../linker/plan/names.ts';
import { resolveImports } from '../linker/plan/resolve.ts';
import { HeapWatch } from '../util/heap-watch.ts';
import { HostError } from '../util/host-error.ts';
import { toLimits } from '../util/limits.ts';
import { isPermitted } from '../util/permissions.ts';
import { SharedQuota } from '../util/shared-quota.ts';
import type { WasiCtx } from '../wasi/context.ts';
import { wasiInterfaces } from '../wasi/interfaces.ts';

/** What was chosen, and why. */
export interface Choice<Name extends string> {
  readonly name: Name;
  readonly reason: string;
}

/** A component that is read, checked and linked: ready to be served by any number of hosts. */
export interface Component {
  /** The path, or what the caller calls it. */
  readonly label: string;
  readonly byteLength: number;
  readonly world: World;
  readonly engine: Choice<Exclude<Engine, 'auto'>>;
  readonly isolation: Choice<Exclude<Isolation, 'auto'>>;
  /** Whether a guest that computes for long is interrupted; `partly`: only to end it. */
  readonly preemption: Choice<'on' | 'partly' | 'off'>;
  /** What its guests hold of memory, and how much they may. */
  readonly memory: SharedQuota;
  /** What its guests' core instances hold of V8's heap, and how much they may. */
  readonly instanceHeap: SharedQuota;
  /** Tells when guests are ended because their objects fill V8's heap. */
  readonly heap: HeapWatch;
  /** In which order they run. */
  readonly turns: Turns;
  /** As it was given. */
  readonly onRun: RunListener | undefined;
  /** A strategy of its own for each host, so that hosts share no instance. */
  readonly createStrategy: () => InstanceStrategy;
}

/** What a caller gives to `loadComponent` beside files: bytes with a name for messages, and interfaces of its own. */
export interface LoadComponentOptions extends LoadOptions {
  /** For messages, where bytes are given. Default `component`. */
  readonly label?: string;
  /** Served beside WASI's. One with the name of a WASI interface takes its place. */
  readonly interfaces?: readonly HostInterface<WasiCtx>[];
  /** Given to several components, their guests together hold no more bytes of memory than it allows. Default: one of its own, of `maxTotalMemoryBytes`. */
  readonly memory?: SharedQuota;
  /** The same for what core instances take of V8's heap: `maxTotalInstanceHeapBytes`. */
  readonly instanceHeap?: SharedQuota;
  /** Told whenever a guest begins to run or goes on: for whoever watches from outside which guest holds the thread. */
  readonly onRun?: RunListener | undefined;
}

/**
 * Reads, checks and links a component, once for all its requests.
 *
 * Throws `HostError`: `bad-component` where it is none or of another world, `missing-import` with all names at once,
 * `not-supported` where the engine or isolation that is asked for cannot be had.
 */
export async function loadComponent(file: string | Uint8Array, options: LoadComponentOptions = {}): Promise<Component> {
  const limits = toLimits(options.limits);
  const source =
    typeof file === 'string'
      ? readSource(file, limits.maxComponentBytes)
      : createSource(options.label ?? 'component', file, limits.maxComponentBytes);
  const definition = decodeComponent(source, limits);
  const world = toWorld(definition);
  assertProxy(source, world);
  const { label, bytes } = source;
  const shared: Shared = {
    memory: options.memory ?? new SharedQuota(limits.maxTotalMemoryBytes),
    instanceHeap: options.instanceHeap ?? new SharedQuota(limits.maxTotalInstanceHeapBytes),
    heap: new HeapWatch(),
    turns: createTurns(),
  };
  const linked = await link({ source, definition, world }, { ...options, ...shared });
  return Object.freeze({ label, byteLength: bytes.byteLength, world, onRun: options.onRun, ...shared, ...linked });
}

/** A component whose bytes are read. */
interface Decoded {
  readonly source: ComponentSource;
  readonly definition: ComponentDefinition;
  readonly world: World;
}

type Linked = Pick<Component, 'engine' | 'isolation' | 'preemption' | 'createStrategy'>;

/** What the guests of a component share. */
type Shared = Pick<Component, 'memory' | 'instanceHeap' | 'heap' | 'turns'>;
type LinkOptions = LoadComponentOptions & Shared;

/** By the linker; by jco where that is asked for, or where the linker does not support the component. */
async function link(decoded: Decoded, options: LinkOptions): Promise<Linked> {
  const { source, definition, world } = decoded;
  const { engine = 'auto' } = options;
  const interfaces = await encodeInterfaces(options);
  resolveImports(source.label, world.imports, interfaces);
  if (engine === 'jco') return await linkForJco(decoded, interfaces, { ...options, reason: 'as asked' });
  try {
    const preemption = choosePreemption(options, 'linker');
    const pre = await linkComponent(source, interfaces, {
      definition,
      cache: openCache(options),
      limits: toLimits(options.limits),
      preemption: preemption.name === 'off' ? undefined : createPreemption(options),
      charging: CHARGING,
      memory: options.memory,
      heap: options.instanceHeap,
    });
    return { ...chooseIsolation(source, pre, options.isolation ?? 'auto'), engine: BY_LINKER, preemption };
  } catch (error) {
    const isUnsupported = error instanceof HostError && error.code === 'not-supported';
    if (engine === 'linker' || !isUnsupported || options.isolation === 'reset') throw error;
    const reason = `the linker does not take it: ${error.message}`;
    return await linkForJco(decoded, interfaces, { ...options, reason }).catch((byJco: unknown) => {
      throw refusedByBoth(error, byJco);
    });
  }
}

/** The linker is the engine that is meant: its reason comes first. */
function refusedByBoth(byLinker: HostError, byJco: unknown): unknown {
  if (!(byJco instanceof HostError)) return byJco;
  if (byJco.message === byLinker.message) return byLinker;
  return new HostError(byJco.code, `${byLinker.message}; nor can the jco engine run it: ${byJco.message}`, {
    cause: byLinker,
  });
}

/** Those of the caller, with their WIT in binary form, before WASI's. */
async function encodeInterfaces({ interfaces = [] }: LoadComponentOptions): Promise<HostInterface<WasiCtx>[]> {
  const encoded = await Promise.all(interfaces.map(encodeInterface));
  return [...encoded.map((host) => guardInterface(host)), ...wasiInterfaces];
}

async function linkForJco(
  { source, definition }: Decoded,
  interfaces: readonly HostInterface<WasiCtx>[],
  { reason, ...options }: LinkOptions & { readonly reason: string },
): Promise<Linked> {
  if (options.isolation === 'reset') {
    throw new HostError('not-supported', '--isolation reset: the jco engine gives every request a fresh instance');
  }
  const preemption = choosePreemption(options, 'jco');
  const { linkWithJco } = await import('../linker/jco/link-with-jco.ts');
  const pre = await linkWithJco(source, definition, interfaces, {
    cache: openCache(options),
    limits: toLimits(options.limits),
    preemption: preemption.name === 'off' ? undefined : createPreemption(options),
    charging: CHARGING,
    memory: options.memory,
    heap: options.instanceHeap,
  });
  return {
    engine: { name: 'jco', reason },
    isolation: { name: 'fresh', reason: 'every request gets a new instance, as always with the jco engine' },
    preemption,
    createStrategy: () => createFreshStrategy(pre),
  };
}

const CHARGING = Object.freeze<Charging<WasiCtx>>({
  take: ({ held }, bytes) => held.take(bytes),
  takeOrEnd: ({ held }, bytes) => held.takeOrEnd(bytes),
  giveBack: ({ held }, bytes) => held.giveBack(bytes),
});
function openCache({ cache }: LoadOptions): ArtifactCache {
  return cache === false ? NO_CACHE : createCache(cache ?? defaultCacheFolder());
}

const BY_LINKER: Component['engine'] = Object.freeze({
  name: 'linker',
  reason: 'the component is planned once, and each function between guest and host compiled once',
});

function choosePreemption({ preemption }: LoadOptions, engine: Component['engine']['name']): Component['preemption'] {
  if (preemption === 'off') return { name: 'off', reason: 'as asked' };
  if (isPermitted('worker')) return PREEMPTION_BY_ENGINE[engine];
  return {
    name: 'off',
    reason: "Node's --permission mode lacks --allow-worker, so guests hold the process while they compute",
  };
}

const PREEMPTION_BY_ENGINE: Readonly<Record<Component['engine']['name'], Component['preemption']>> = Object.freeze({
  linker: { name: 'on', reason: 'guests that compute for long are interrupted, and end with their time' },
  jco: { name: 'partly', reason: "guests in jco's glue hold the process while they compute, and end with their time" },
});

type Isolated = Pick<Component, 'isolation' | 'createStrategy'>;

function chooseIsolation({ label }: ComponentSource, pre: LinkedPre<WasiCtx>, isolation: Isolation): Isolated {
  const fresh = (reason: string): Isolated => ({
    isolation: { name: 'fresh', reason },
    createStrategy: () => createRecyclingStrategy(pre),
  });
  if (isolation === 'fresh') return fresh('as asked');
  const probed = probeReset(pre);
  if (!('reason' in probed)) {
    const reason = 'instances are kept, and all that a request wrote is restored after it';
    return { isolation: { name: 'reset', reason }, createStrategy: startingWith(pre, probed) };
  }
  if (isolation === 'auto') return fresh(probed.reason);
  if (probed.kind === 'unrestorable') {
    throw new HostError('not-supported', `${label} cannot be reset: ${probed.reason}`);
  }
  const reason = `as asked, though ${probed.reason}: that happens once, not for each request`;
  return { isolation: { name: 'reset', reason }, createStrategy: () => createResetStrategy(pre) };
}

/** The first strategy has the instance that is there already. */
function startingWith(pre: LinkedPre<WasiCtx>, probe: LinkedInstance<WasiCtx>): () => InstanceStrategy {
  let warm: LinkedInstance<WasiCtx> | undefined = probe;
  return () => {
    const strategy = createResetStrategy(pre, warm);
    warm = undefined;
    return strategy;
  };
}

function assertProxy({ label }: ComponentSource, world: World): void {
  const handlers = world.exports.filter((name) => parseInterfaceName(name).name === 'wasi:http/incoming-handler');
  if (handlers.length > 0) return;
  const exported = world.exports.length === 0 ? 'nothing' : world.exports.join(', ');
  throw new HostError(
    'bad-component',
    `${label} does not implement wasi:http/proxy: it exports ${exported}, not wasi:http/incoming-handler`,
  );
}
