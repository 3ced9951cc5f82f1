import type { Hono } from 'hono';
import { toComponentConfig, toHostConfig, toListenerConfig } from '../config/to-serve-config.ts';
import type { ClientLimits, ListenerOptions } from '../config/listener-options.ts';
import type { ComponentConfig, ComponentOptions, HostConfig } from '../config/options.ts';
import type { HostLoad } from '../observe/host-load.ts';
import { createFailureLog } from '../observe/failure-log.ts';
import { type Log, guardLog } from '../observe/log.ts';
import type { Exchange } from '../server/exchange.ts';
import { FetchExchange, headOf } from '../server/fetch/fetch-exchange.ts';
import { NO_ROUTE } from '../server/failure.ts';
import { answerWith, createGuardedHandler } from '../server/guarded-handler.ts';
import type { Handler, MountedHandler } from '../server/handler.ts';
import { watchDescriptors } from '../server/http1/descriptors.ts';
import { type Address, type Listener, type Listening, type ListeningSocket, listen } from '../server/http1/listen.ts';
import { NodeExchange } from '../server/http1/node-exchange.ts';
import type { Commons } from '../server/service.ts';
import type { HeapWatch } from '../util/heap-watch.ts';
import { HostError } from '../util/host-error.ts';
import { toError } from '../util/to-error.ts';
import type { AppEnv, HostApp } from './app.ts';
import { assertLog, describeArgument, isComponent, isHandler } from './arguments.ts';
import { createCommons } from './commons.ts';
import { createComponentHandler } from './component-handler.ts';
import type { Host } from './host.ts';
import { watchMemory } from './memory-watch.ts';
import type { Component } from './load.ts';
import { type Route, Routes } from './route.ts';
import { type FetchInput, toRequest } from './to-request.ts';

/** A host that looks up for each request who answers it, unless one component answers everything. */
export class RoutedHost implements Host {
  readonly #config: HostConfig & ClientLimits;
  readonly #commons: Commons;
  readonly #heaps = new Set<HeapWatch>();
  readonly #routes = new Routes<MountedHandler>();
  readonly #handlers: MountedHandler[] = [];
  readonly #listeners = new Set<{ answer: Listener['answer'] }>();
  readonly #open: Listening[] = [];
  readonly #App: typeof HostApp | undefined;
  #app: HostApp | undefined;
  /** How many guests were cancelled, once the host is closed; `undefined` while it serves. */
  #closing: Promise<number> | undefined;
  readonly #settled = Promise.withResolvers<void>();
  #descriptors: Disposable | undefined;
  #memoryWatch: Disposable | undefined;
  #connections = 0;
  readonly #watchers: ((open: number) => void)[] = [];

  /** `App` is what makes `app`; without it there is none, and Hono is not loaded. */
  constructor(config: HostConfig & ClientLimits, log: Log = createFailureLog(), App?: typeof HostApp) {
    assertLog(log);
    this.#App = App;
    this.#config = config;
    this.#commons = createCommons(this.#config, guardLog(log), this.#heaps);
  }

  readonly fetch = (input: FetchInput, init?: RequestInit): Promise<Response> => {
    if (this.#closing !== undefined) return Promise.reject(stopped());
    try {
      const request = toRequest(input, init);
      if (this.#app?.concerns(request) === true) return this.#app.fetch(request);
      return this.#fetchMounted(request) ?? this.#fetchNotFound(request);
    } catch (error) {
      // Of a request whose body somebody else reads, for instance.
      return Promise.reject(toError(error));
    }
  };

  async listen(target: Address | ListeningSocket, options?: ListenerOptions): Promise<Listening> {
    this.#assertServing();
    const { refusals, admission, loop } = this.#commons;
    const limits = toListenerConfig(options ?? {}, this.#config);
    const listener = { answer: this.#entryPoint(), refusals, limits, admission, loop, connected: this.#connected };
    // Registered first, so that it is told about handlers that are mounted while it opens.
    this.#listeners.add(listener);
    const listening = await listen(listener, target).catch((error: unknown) => {
      this.#listeners.delete(listener);
      throw error;
    });
    if (this.#closing !== undefined) {
      await listening.stop(0);
      await listening.close(0);
      throw stopped();
    }
    this.#open.push(listening);
    this.#descriptors ??= watchDescriptors((what) => refusals.count(what));
    if (this.#config.idleMemory === 'returned') {
      this.#memoryWatch ??= watchMemory(() => ({ asked: admission.asked, inFlight: admission.admitted }));
    }
    if (this.#open.length === 1) for (const handler of this.#handlers) handler.listening();
    return listening;
  }

  mount(route: Route, target: Component | Handler, options?: ComponentOptions): void {
    this.#assertServing();
    if (isComponent(target)) this.mountComponent(route, target, toComponentConfig(options ?? {}));
    else if (isHandler(target)) this.#mountHandler(route, createGuardedHandler(target, this.#commons));
    else {
      const what = describeArgument(target);
      throw new HostError('bad-argument', `host.mount takes a component of loadComponent or a handler, not ${what}`);
    }
  }

  mountComponent(route: Route, component: Component, config: ComponentConfig): void {
    this.#routes.assertFree(route);
    this.#mountHandler(route, createComponentHandler(component, config, this.#commons));
    this.#heaps.add(component.heap);
  }

  #mountHandler(route: Route, handler: MountedHandler): void {
    this.#routes.add(route, handler);
    this.#handlers.push(handler);
    if (this.#open.length > 0) handler.listening();
    this.#updateListeners();
  }

  get app(): Hono<AppEnv> {
    if (this.#app === undefined) {
      if (this.#App === undefined) throw new HostError('not-supported', 'this host was created without an app');
      this.#app = new this.#App(this.#commons, (request) => this.#fetchMounted(request));
      this.#updateListeners();
    }
    return this.#app.hono;
  }

  get inFlight(): number {
    return this.#commons.admission.admitted;
  }

  get load(): HostLoad {
    const { admission, held, refusals } = this.#commons;
    const loads = this.#handlers.map(({ load }) => load);
    return {
      isAccepting: this.#closing === undefined && this.#open.length > 0,
      requestsInFlight: admission.admitted,
      requestsQueued: admission.queued,
      connections: this.#connections,
      keptInstances: sum(loads.map(({ keptInstances }) => keptInstances)),
      keptBytes: sum(loads.map(({ keptBytes }) => keptBytes)),
      heldBytes: held.sum,
      refusals: refusals.totals,
    };
  }

  /** Calls `watcher` with the number of open connections of all ports, now and whenever it changes. */
  watchConnections(watcher: (open: number) => void): void {
    this.#watchers.push(watcher);
    watcher(this.#connections);
  }

  readonly #connected = (change: 1 | -1): void => {
    this.#connections += change;
    for (const watcher of this.#watchers) watcher(this.#connections);
  };

  /** Resolves when a close has let in the last request. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  async close(
    drainTimeoutMs = this.#config.drainTimeoutMs,
    shutdownDelayMs = this.#config.shutdownDelayMs,
  ): Promise<number> {
    toHostConfig({ drainTimeoutMs, ...(shutdownDelayMs !== undefined && { shutdownDelayMs }) });
    return await (this.#closing ??= this.#close(drainTimeoutMs, shutdownDelayMs));
  }

  async #close(drainMs: number, delayMs: number | undefined): Promise<number> {
    await Promise.all(this.#open.map((listening) => listening.stop(delayMs)));
    this.#settled.resolve();
    const endMs = performance.now() + drainMs;
    const draining = [...this.#handlers, ...(this.#app === undefined ? [] : [this.#app])];
    const cancelled = sum(await Promise.all(draining.map((one) => one.drain(drainMs))));
    const leftMs = Math.max(0, endMs - performance.now());
    await Promise.all(this.#open.map((listening) => listening.close(leftMs)));
    await Promise.all(this.#handlers.map((handler) => handler[Symbol.asyncDispose]()));
    this.#descriptors?.[Symbol.dispose]();
    this.#memoryWatch?.[Symbol.dispose]();
    this.#commons.refusals[Symbol.dispose]();
    return cancelled;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #assertServing(): void {
    if (this.#closing !== undefined) throw stopped();
  }

  /** What sockets call: the handler itself if one answers everything, so that no router is in between. */
  #entryPoint(): Listener['answer'] {
    const only = this.#app === undefined ? this.#routes.only : undefined;
    return only === undefined ? this.#route : only.answer;
  }

  #updateListeners(): void {
    for (const listener of this.#listeners) listener.answer = this.#entryPoint();
  }

  readonly #route = (exchange: NodeExchange): void => {
    const { head, refusal } = exchange;
    if (refusal === undefined && this.#app?.concernsHead(head) === true) this.#app.answer(exchange);
    else (this.#routes.find(head) ?? this.#notFound).answer(exchange);
  };

  /** For requests without a route: the app may have a page of its own for them. */
  readonly #notFound = {
    answer: (exchange: Exchange): void => {
      if (exchange.refusal === undefined && exchange instanceof NodeExchange && this.#app?.hasNotFound === true)
        this.#app.answer(exchange);
      else answerWith(this.#commons, exchange, NO_ROUTE);
    },
  };

  #fetchNotFound(request: Request): Promise<Response> {
    return this.#app?.hasNotFound === true ? this.#app.fetch(request) : this.#fetchFrom(this.#notFound, request);
  }

  /** `undefined` if there is no route for the request. */
  #fetchMounted(request: Request): Promise<Response> | undefined {
    const head = headOf(request);
    const handler = this.#routes.find(head);
    return handler && this.#fetchFrom(handler, request, head);
  }

  #fetchFrom(handler: Pick<MountedHandler, 'answer'>, request: Request, head = headOf(request)): Promise<Response> {
    const exchange = new FetchExchange(request, this.#config, head);
    handler.answer(exchange);
    return exchange.response;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function stopped(): HostError {
  return new HostError('stopped', 'the host is closed: create another with createHost');
}
