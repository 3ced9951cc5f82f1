import { type ServeConfig, type ServeOptions, toServeConfig } from '../config/options.ts';
import { createGrant } from './grants.ts';
import { createPool } from '../instance/pool.ts';
import type { Component } from './load.ts';
import type { HostLoad } from '../observe/host-load.ts';
import { type Log, SILENT, sparing } from '../observe/log.ts';
import { Admission } from '../server/admit.ts';
import { watchDescriptors } from '../server/http1/descriptors.ts';
import { InFlight } from '../server/in-flight.ts';
import type { Exchange } from '../server/exchange.ts';
import { FetchExchange } from '../server/fetch/fetch-exchange.ts';
import { handle } from '../server/handle.ts';
import { type Address, type Listener, type Listening, type ListeningSocket, listen } from '../server/http1/listen.ts';
import type { Service } from '../server/service.ts';
import { HEAP_IS_FULL } from '../util/heap-watch.ts';
import { HostError } from '../util/host-error.ts';
import { describeTotalHeld, describeTotalInstanceHeap, describeTotalMemory } from '../util/limits.ts';
import { LoopTurns } from '../util/loop-turns.ts';
import { CountedLog } from '../server/counted-log.ts';
import { toError } from '../util/to-error.ts';
import { HeldTotal } from '../util/held-bytes.ts';
import { type OutboundOnDemand, createOutboundOnDemand } from '../outbound/outbound-on-demand.ts';
import { compilePolicy } from '../outbound/outbound-policy.ts';
import type { SendRequest } from '../outbound/send-request.ts';

/** A component being served. */
export interface Host {
  /**
   * Answers a request without any socket: `Request` in, `Response` out. Rejects if a reply is broken off before its head, and with a `HostError`
   * `stopped` once `close` was called: no guest starts then.
   */
  fetch(request: Request): Promise<Response>;
  /** Serves on a port, with raw header bytes, trailers and backpressure. May be called for several addresses. Rejects as `fetch` does. */
  listen(target: Address | ListeningSocket): Promise<Listening>;
  /** Requests whose guest is at work. */
  readonly inFlight: number;
  /** What it holds at the moment: for metrics. */
  readonly load: HostLoad;
  /**
   * Stops its ports so that no request is lost, lets guests finish, cancels those that have not after `drainTimeoutMs`; resolves with how many.
   *
   * For `shutdownDelayMs` before that, connections are accepted, for load balancers that go on sending; without, until clients are done, 1 second
   * at most. What is not given is as in the host's options.
   */
  close(drainTimeoutMs?: number, shutdownDelayMs?: number): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** How long after the start the code for outgoing requests is loaded, if none was sent by then: not in the way of the first requests. */
const LOAD_OUTBOUND_AFTER_MS = 1000;

/** Serves a component. Hosts share nothing; whoever creates one closes it. Throws `HostError` if `outbound` has a text that is not a pattern. */
export function createHost(component: Component, options: ServeOptions = {}, log: Log = SILENT): Host {
  const config = toServeConfig(options);
  const outbound = createOutboundOnDemand({ admit: compilePolicy(config.outbound) });
  const service = createService(component, config, sparing(log), outbound.sendRequest);
  const open: Listening[] = [];
  let state: 'serving' | 'closing' = 'serving';
  const stopWatching = watchShortages(component, service);
  let descriptors: Disposable | undefined;
  const answer = (exchange: Exchange): void => void handle(service, exchange);
  const listener: Listener = {
    answer,
    refusals: service.refusals,
    limits: config,
    admission: service.admission,
    turns: service.turns,
  };
  const close = async (drainMs = config.drainTimeoutMs, delayMs = config.shutdownDelayMs): Promise<number> => {
    state = 'closing';
    await Promise.all(open.map((listening) => listening.stop(delayMs)));
    const endMs = performance.now() + drainMs;
    const cancelled = await service.inFlight.drain(drainMs);
    const leftMs = Math.max(0, endMs - performance.now());
    await Promise.all(open.map((listening) => listening.close(leftMs)));
    await outbound[Symbol.asyncDispose]();
    service.pool[Symbol.dispose]();
    stopWatching();
    descriptors?.[Symbol.dispose]();
    service.refusals[Symbol.dispose]();
    return cancelled;
  };
  return {
    fetch: (request) => {
      if (state === 'closing') return Promise.reject(stopped());
      try {
        const exchange = new FetchExchange(request, config);
        answer(exchange);
        return exchange.response;
      } catch (error) {
        // Of a request whose body somebody else reads, for instance.
        return Promise.reject(toError(error));
      }
    },
    listen: async (target) => {
      if (state === 'closing') throw stopped();
      const listening = await listen(listener, target);
      open.push(listening);
      descriptors ??= watchDescriptors((what) => service.refusals.count(what));
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

function stopped(): HostError {
  return new HostError('stopped', 'the host is closed: create another with createHost');
}

function createService(component: Component, config: ServeConfig, log: Log, sendRequest: SendRequest): Service {
  const refusals = new CountedLog(log);
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
    grant: createGrant(grants),
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
