import type { Hono } from 'hono';
import type { ListenerOptions } from '../config/listener-options.ts';
import type { ComponentOptions } from '../config/options.ts';
import type { HostLoad } from '../observe/host-load.ts';
import type { Handler } from '../server/handler.ts';
import type { Address, Listening, ListeningSocket } from '../server/http1/listen.ts';
import type { AppEnv } from './app.ts';
import type { Component } from './load.ts';
import type { Route } from './route.ts';
import type { FetchInput } from './to-request.ts';

/** Serves components and other handlers at routes, on any number of ports or without one. Whoever creates a host closes it. */
export interface Host {
  /**
   * Answers a request without any socket, as the global `fetch` is called; a path such as `/x` is one of `http://localhost`. Rejects if a reply is broken
   * off before its head, and with a `HostError` `stopped` once `close` was called: no guest starts then.
   *
   * @example
   * ```ts
   * await using host = createHost(await loadComponent('app.wasm'));
   * const response = await host.fetch('http://localhost/greet', { method: 'POST', body: 'hello' });
   * ```
   */
  fetch(input: FetchInput, init?: RequestInit): Promise<Response>;
  /**
   * Serves on a port, with raw header bytes, trailers and backpressure. May be called for several addresses. What `options` leave out is as in the host's
   * own. Rejects as `fetch` does.
   *
   * @example
   * ```ts
   * await using host = createHost(await loadComponent('app.wasm'));
   * const { address } = await host.listen({ hostname: '127.0.0.1', port: 8080 }, { maxBodyBytes: 10_000_000 });
   * ```
   */
  listen(target: Address | ListeningSocket, options?: ListenerOptions): Promise<Listening>;
  /**
   * Has a component or another handler answer what goes to `route`. The guest sees the whole path, and the client's bytes. Throws `HostError` if the route
   * is taken. Each component may have half of the machine's memory for its guests, unless several are loaded with one `SharedQuota` as their `memory`.
   *
   * @example
   * ```ts
   * await using host = createHost();
   * host.mount('/', await loadComponent('shop.wasm'));
   * host.mount({ host: 'api.example', path: '/v1' }, await loadComponent('api.wasm'), { timeoutMs: 5_000 });
   * ```
   */
  mount(route: Route, component: Component, options?: ComponentOptions): void;
  mount(route: Route, handler: Handler): void;
  /**
   * A Hono app for routes and middleware that come before all that is mounted, whatever the order of the calls. A request that none of them matches never
   * meets the app, and its bytes are passed on as they are. Behind middleware a component gets a `Request` and gives a `Response`: no trailers, text
   * for header bytes, and a normalised path. Hono takes no more routes once the first request has come. Requests that only
   * the app answers take no place of `maxConcurrentRequests`.
   *
   * @example
   * ```ts
   * import { basicAuth } from 'hono/basic-auth';
   *
   * await using host = createHost(await loadComponent('app.wasm'));
   * host.app.use('/admin/*', basicAuth({ username: 'ops', password: process.env['OPS_PASSWORD'] ?? '' }));
   * host.app.get('/version', (c) => c.json({ version: 7 }));
   * ```
   */
  readonly app: Hono<AppEnv>;
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
