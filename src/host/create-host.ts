import type { ListenerOptions } from '../config/listener-options.ts';
import type { HostOptions, ServeOptions } from '../config/options.ts';
import { toHostConfig, toServeConfig } from '../config/to-serve-config.ts';
import type { Log } from '../observe/log.ts';
import { HostError } from '../util/host-error.ts';
import { HostApp } from './app.ts';
import { describeArgument, isComponent, isOptions } from './arguments.ts';
import type { Host } from './host.ts';
import type { Component } from './load.ts';
import { RoutedHost } from './routed-host.ts';

/**
 * A host of components and other handlers, or of one component that answers everything, with the options of all three owners in one object. Hosts share
 * nothing. `log` is told all; without one, failures go to the console. Throws `HostError` if an argument or an option is not one.
 *
 * @example
 * ```ts
 * import { createHost, loadComponent } from 'wasi-serve';
 *
 * await using host = createHost(await loadComponent('app.wasm'), { timeoutMs: 5_000 });
 * await host.listen({ hostname: '127.0.0.1', port: 8080 });
 * ```
 */
export function createHost(component: Component, options?: ServeOptions, log?: Log): Host;
export function createHost(options?: HostOptions & ListenerOptions, log?: Log): Host;
export function createHost(first: Component | ServeOptions = {}, second?: ServeOptions | Log, third?: Log): Host {
  if (isComponent(first)) {
    const config = toServeConfig((second ?? {}) as ServeOptions);
    const host = new RoutedHost(config, third, HostApp);
    host.mountComponent('/', first, config);
    return host;
  }
  if (isOptions(first)) return new RoutedHost(toHostConfig(first), second as Log, HostApp);
  throw new HostError('bad-argument', `createHost takes a component of loadComponent, not ${describeArgument(first)}`);
}
