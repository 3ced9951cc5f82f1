import { DEFAULTS, type HostConfig, type HostOptions } from './config/options.ts';
import { RequestGrants } from './grant.ts';
import { createPool } from './instance/pool.ts';
import type { Component } from './load.ts';
import type { HostLoad } from './observe/host-load.ts';
import { type Log, SILENT, sparing } from './observe/log.ts';
import { Admission } from './server/admit.ts';
import { InFlight } from './server/drain.ts';
import type { Exchange } from './server/exchange.ts';
import { FetchExchange } from './server/fetch-exchange.ts';
import { handle } from './server/handle.ts';
import { type Address, type Listener, type Listening, listen } from './server/listen.ts';
import type { Service } from './server/service.ts';
import { HEAP_IS_FULL } from './util/heap-watch.ts';
import { describeTotalHeld, describeTotalInstanceHeap, describeTotalMemory, toLimits } from './util/limits.ts';
import { LoopTurns } from './util/loop-turns.ts';
import { Tally } from './server/tally.ts';
import { toError } from './util/to-error.ts';
import { HeldTotal } from './wasi/held-bytes.ts';
import { type OutboundOnDemand, createOutboundOnDemand } from './wasi/http/outbound-on-demand.ts';
import type { SendRequest } from './wasi/http/send-request.ts';

/** A component being served. */
export interface Host {
  /** Answers a request without any socket: `Request` in, `Response` out. Rejects where a reply is broken off before its head. */
  fetch(request: Request): Promise<Response>;
  /** Serves on a port, with raw header bytes, trailers and backpressure. May be called for several addresses. */
  listen(address: Address): Promise<Listening>;
  /** Requests whose guest is at work. */
  readonly inFlight: number;
  /** What it holds at the moment: for metrics. */
  readonly load: HostLoad;
  /** Takes no more connections, lets guests finish, cancels those that have not after `drainTimeoutMs`; resolves with how many. */
  close(drainTimeoutMs?: number): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long `close` lets guests finish. */
const DRAIN_TIMEOUT_MS = 30_000;

/** How long after the start the code for outgoing requests is loaded, if none was sent by then: not in the way of the first requests. */
const LOAD_OUTBOUND_AFTER_MS = 1000;

/** Serves a component. Hosts share nothing; whoever creates one closes it. */
export function createHost(component: Component, options: HostOptions = {}, log: Log = SILENT): Host {
  const config: HostConfig = { ...DEFAULTS, ...options, limits: toLimits(options.limits) };
  const outbound = createOutboundOnDemand();
  const service = createService(component, config, sparing(log), outbound.sendRequest);
  const open: Listening[] = [];
  let state: 'serving' | 'closing' = 'serving';
  const stopWatching = watchShortages(component, service);
  const answer = (exchange: Exchange): void => void handle(service, exchange);
  const listener: Listener = {
    answer,
    refusals: service.refusals,
    limits: config,
    admission: service.admission,
    turns: service.turns,
  };
  const close = async (drainTimeoutMs = DRAIN_TIMEOUT_MS): Promise<number> => {
    state = 'closing';
    const endMs = performance.now() + drainTimeoutMs;
    for (const listening of open) listening.stopAccepting();
    const cancelled = await service.inFlight.drain(drainTimeoutMs);
    const leftMs = Math.max(0, endMs - performance.now());
    await Promise.all(open.map((listening) => listening.close(leftMs)));
    await outbound[Symbol.asyncDispose]();
    service.pool[Symbol.dispose]();
    stopWatching();
    service.refusals[Symbol.dispose]();
    return cancelled;
  };
  return {
    fetch: (request) => {
      try {
        const exchange = new FetchExchange(request, config);
        answer(exchange);
        return exchange.response;
      } catch (error) {
        // Of a request whose body somebody else reads, for instance.
        return Promise.reject(toError(error));
      }
    },
    listen: async (address) => {
      const listening = await listen(listener, address);
      open.push(listening);
      if (sendsRequests(component)) loadSoon(outbound);
      return listening;
    },
    get inFlight() {
      return service.admission.admitted;
    },
    get load() {
      return { ...toLoad(service, open), isAccepting: state === 'serving' && open.length > 0 };
    },
    close,
    [Symbol.asyncDispose]: async () => void (await close()),
  };
}

function createService(component: Component, config: HostConfig, log: Log, sendRequest: SendRequest): Service {
  const refusals = new Tally(log);
  const { heap, onRun, turns } = component;
  const tell = (what: string): void => refusals.count(what);
  const maxBytes = config.limits.maxTotalHeldBytes;
  const held = new HeldTotal({
    maxBytes,
    isHeapFull: () => heap.isFull(performance.now()),
    onShort: () => tell(`a guest was ended or refused: ${describeTotalHeld(maxBytes)}`),
  });
  const grants = { config, sendRequest, held, tell };
  return {
    label: component.label,
    pool: createPool(component.createStrategy(), { heap, held, onRun, turns }),
    held,
    admission: new Admission(config),
    turns: new LoopTurns(),
    inFlight: new InFlight(),
    log,
    refusals,
    grant: (request, head) => new RequestGrants(request, grants, head),
    requestFields: config.requestHeaders.map(([name, value]) => [name.toLowerCase(), value] as const),
    graceMs: config.graceMs,
    errorDetail: config.errorDetail,
  };
}

function toLoad(
  { admission, pool, held, refusals }: Service,
  open: readonly Listening[],
): Omit<HostLoad, 'isAccepting'> {
  return {
    requestsInFlight: admission.admitted,
    requestsQueued: admission.queued,
    connections: open.reduce((total, { connections }) => total + connections, 0),
    keptInstances: pool.kept.size,
    keptBytes: pool.kept.byteLength,
    heldBytes: held.sum,
    refusals: refusals.totals,
  };
}

/** Has the operator know where guests are refused memory, and guests end that fill the heap. Returns what ends that. */
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
