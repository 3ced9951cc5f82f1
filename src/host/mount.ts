import type { Context } from 'hono';
import type { ServeOptions } from '../config/options.ts';
import { type Host, createHost } from './host.ts';
import { type LoadComponentOptions, loadComponent } from './load.ts';
import type { ComponentFile } from './to-source.ts';
import { type Log, SILENT } from '../observe/log.ts';
import { HostError } from '../util/host-error.ts';

/** A Hono handler that answers with a component. Closing it lets its guests finish; requests that come afterwards get 503. */
export interface ComponentHandler extends AsyncDisposable {
  (c: Context): Promise<Response>;
  /** Resolves when the component is loaded, rejects with the `HostError` if it cannot be: for those who want to know at start. */
  readonly ready: Promise<void>;
}

/**
 * Mounts a component inside a Hono app: `app.all('/api/*', component('api.wasm'))`.
 *
 * Loading starts at once; requests wait for it. The guest sees the request's whole path. Middleware around it works as
 * around any handler, since the component's answer is an ordinary `Response`.
 */
export function component(
  file: ComponentFile,
  options: LoadComponentOptions & ServeOptions = {},
  log: Log = SILENT,
): ComponentHandler {
  const host: Promise<Host> = loadComponent(file, options).then((loaded) => createHost(loaded, options, log));
  const ready = host.then(() => undefined);
  ready.catch(() => undefined);
  return Object.assign(async (c: Context) => (await host).fetch(c.req.raw).catch(answerIfStopped), {
    ready,
    [Symbol.asyncDispose]: async () => (await host)[Symbol.asyncDispose](),
  });
}

function answerIfStopped(error: unknown): Response {
  if (!(error instanceof HostError) || error.code !== 'stopped') throw error;
  return new Response('503 Service Unavailable\n', { status: 503, headers: { 'retry-after': '1' } });
}
