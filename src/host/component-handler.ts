import { toDirectoryGrant } from '../config/kinds/directories.ts';
import { type ComponentConfig } from '../config/options.ts';
import { createPool } from '../instance/pool.ts';
import { type OutboundOnDemand, createOutboundOnDemand } from '../outbound/outbound-on-demand.ts';
import { compilePolicy } from '../outbound/outbound-policy.ts';
import { handle } from '../server/handle.ts';
import type { MountedHandler } from '../server/handler.ts';
import { InFlight } from '../server/in-flight.ts';
import type { Commons, Service } from '../server/service.ts';
import { openBlobStores } from '../state/blobstore/open-blob-stores.ts';
import { type OpenStores, openStores } from '../state/keyvalue/open-stores.ts';
import { HEAP_IS_FULL } from '../util/heap-watch.ts';
import { HostError } from '../util/host-error.ts';
import { describeTotalInstanceHeap, describeTotalMemory } from '../util/limits.ts';
import { GrantedBlobs } from '../wasi/blobstore/grants.ts';
import { GrantedDirectories } from '../wasi/filesystem/grants.ts';
import { createGrant } from './grants.ts';
import type { Component } from './load.ts';

/** How long after the start the code for outgoing requests is loaded, if none was sent by then: not in the way of the first requests. */
const LOAD_OUTBOUND_AFTER_MS = 1000;

/**
 * Answers with a component: has a pool of its instances, what its guests are granted, its stores, and its outgoing connections, since another component's policy
 * may not allow those. Throws `HostError` if `outbound` has a text that is not a pattern, or if a directory cannot be granted.
 */
export function createComponentHandler(
  component: Component,
  config: ComponentConfig,
  commons: Commons,
): MountedHandler {
  const outbound = createOutboundOnDemand({ admit: compilePolicy(config.outbound) });
  using opening = new DisposableStack();
  const directories = opening.use(new GrantedDirectories(config.directories.map(toDirectoryGrant), config.limits));
  const blobStores = openBlobStores(config);
  const blobs = new GrantedBlobs(blobStores.byName, config.limits.maxTotalOpenBlobs);
  const stores = openStores(config);
  const service = createService(component, config, commons, { outbound, stores, blobs, directories });
  const { pool, inFlight } = service;
  const stopWatching = watchShortages(component, service);
  const opened = opening.move();
  return {
    label: component.label,
    answer: (exchange) => void handle(service, exchange),
    drain: (timeoutMs) => inFlight.drain(timeoutMs),
    get load() {
      return { keptInstances: pool.kept.size, keptBytes: pool.kept.byteLength };
    },
    listening: () => {
      if (sendsRequests(component)) loadSoon(outbound);
    },
    [Symbol.asyncDispose]: async () => {
      await outbound[Symbol.asyncDispose]();
      await stores[Symbol.asyncDispose]();
      pool[Symbol.dispose]();
      await blobs.closed();
      await blobStores[Symbol.asyncDispose]();
      await directories.written();
      opened.dispose();
      stopWatching();
    },
  };
}

/** What guests reach beyond their host. */
interface Outside {
  readonly outbound: OutboundOnDemand;
  readonly stores: OpenStores;
  readonly blobs: GrantedBlobs;
  readonly directories: GrantedDirectories;
}

function createService(
  component: Component,
  config: ComponentConfig,
  commons: Commons,
  { outbound: { sendRequest }, stores, blobs, directories }: Outside,
): Service {
  const { heap, onRun } = component;
  const { held, refusals, loop } = commons;
  const { minSpares, maxInstanceReuseCount: maxRequests, idleInstanceTimeoutMs: idleMs } = config;
  const { isolation, label } = component;
  if (minSpares > 0 && isolation.name === 'fresh') {
    const reason = `each request gets a new instance of ${label}, so none can be made before: ${isolation.reason}`;
    throw new HostError('not-supported', `minSpares (--min-spares): ${reason}`);
  }
  const grant = createGrant({
    config,
    sendRequest,
    directories,
    keyValueStores: stores.byName,
    blobs,
    held,
    tell: (what) => refusals.count(what),
  });
  const inFlight = new InFlight();
  const pool = createPool(component.createStrategy(), {
    heap,
    held,
    onRun,
    room: loop.guests,
    minSpares,
    sharing: maxRequests > 1 ? { maxRequests, idleMs } : undefined,
    grantAhead: () => ({ ...grant(undefined, undefined), ordinal: inFlight.nextOrdinal() }),
    discard: ({ ordinal }) => void (ordinal !== undefined && inFlight.returnOrdinal(ordinal)),
  });
  return {
    ...commons,
    label: component.label,
    instance: pool.strategy,
    pool,
    inFlight,
    grant,
    requestFields: config.requestHeaders.map(([name, value]) => [name.toLowerCase(), value] as const),
    graceMs: config.graceMs,
    errorDetail: config.errorDetail,
  };
}

/** Tells the operator when guests are refused memory, and when guests are ended because the heap is full. Returns an unsubscribe function. */
function watchShortages({ memory, instanceHeap, heap }: Component, { refusals, inFlight }: Service): () => void {
  const refusal = `a guest was refused memory: ${describeTotalMemory(memory.max)}`;
  const heapRefusal = `a guest was refused memory: ${describeTotalInstanceHeap(instanceHeap.max)}`;
  const stops = [
    memory.onRefused(() => refusals.count(refusal)),
    instanceHeap.onRefused(() => refusals.count(heapRefusal)),
    heap.onFull(() => {
      refusals.count(`guests are ended: ${HEAP_IS_FULL}`);
      inFlight.cancelAll('overloaded');
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Whoever sends the first request hears of a failure, and tries again. */
function loadSoon(outbound: OutboundOnDemand): void {
  setTimeout(() => void outbound.load().catch(() => undefined), LOAD_OUTBOUND_AFTER_MS).unref();
}

function sendsRequests({ world }: Component): boolean {
  return world.imports.some((name) => name.startsWith('wasi:http/outgoing-handler@'));
}
