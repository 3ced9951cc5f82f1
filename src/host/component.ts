import type { Context } from 'hono';
import { splitOptions } from '../config/to-serve-config.ts';
import type { ServeOptions } from '../config/options.ts';
import type { Log } from '../observe/log.ts';
import { HostError } from '../util/host-error.ts';
import { requestOf, withEarlierFields } from './with-earlier-fields.ts';
import { createHost } from './create-host.ts';
import type { Host } from './host.ts';
import { BESIDE_OPTIONS, type LoadComponentOptions, loadComponent } from './load.ts';
import type { ComponentFile } from './to-source.ts';

/** A Hono handler that answers with a component. Closing it lets its guests finish; requests that come afterwards get 503. */
export interface ComponentHandler extends AsyncDisposable {
  /** For `app.all('/api/*', handler)` and `app.mount('/api', handler)`. */
  (c: Context | Request): Promise<Response>;
  /** Without Hono. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Resolves when the component is loaded, rejects with the `HostError` if it cannot be: for those who want to know at start. */
  readonly ready: Promise<void>;
}

/**
 * Mounts a component inside a Hono app. Loading starts immediately; requests wait for it.
 *
 * Below `app.all`, `app.route` and `basePath` the guest sees the request's whole path; below `app.mount` what follows the mounted path. Middleware around it
 * works as around any handler, since the component's answer is an ordinary `Response`. Fields that middleware set before `next()` are in the reply unless the
 * component sets the same ones; cookies are added; what middleware sets after `next()` replaces the component's. A body that middleware has read with
 * `c.req.json()` and the like, the component reads too.
 *
 * @example
 * ```ts
 * import { Hono } from 'hono';
 * import { component } from 'wasi-serve';
 *
 * const app = new Hono();
 * app.all('/api/*', component('api.wasm', { env: { LOG: 'debug' } }));
 * ```
 */
export function component(
  file: ComponentFile,
  options: LoadComponentOptions & ServeOptions = {},
  log?: Log,
): ComponentHandler {
  const { load, serve } = splitOptions<LoadComponentOptions>(options, BESIDE_OPTIONS);
  const host: Promise<Host> = loadComponent(file, load).then((loaded) => createHost(loaded, serve, log));
  const ready = host.then(() => undefined);
  ready.catch(() => undefined);
  const fetch = async (request: Request): Promise<Response> => {
    return await (await host).fetch(request).catch(answerIfStopped);
  };
  const answer = async (c: Context | Request): Promise<Response> => {
    if (!('req' in c)) return await fetch(c);
    return withEarlierFields(c, await fetch(await requestOf(c)));
  };
  return Object.assign(answer, {
    fetch,
    ready,
    [Symbol.asyncDispose]: async () => (await host)[Symbol.asyncDispose](),
  });
}

function answerIfStopped(error: unknown): Response {
  if (!(error instanceof HostError) || error.code !== 'stopped') throw error;
  return new Response('503 Service Unavailable\n', { status: 503, headers: { 'retry-after': '1' } });
}
