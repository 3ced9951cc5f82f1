import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { type ServeOptions, component, createHost } from '../../src/index.ts';
import { LOAD_WAYS, TEST_CACHE, guest, guestFile } from './guests.ts';
import { type Observed, observe, serveGuest } from './serve-guest.ts';

/** What carries a request: our own sockets; `host.fetch`; a Hono app on @hono/node-server that mounts the component. */
const EXCHANGES = ['node', 'fetch', 'hono'] as const;

/** One way to serve a component. */
export interface Way {
  readonly engine: (typeof LOAD_WAYS)[number]['engine'];
  readonly isolation: (typeof LOAD_WAYS)[number]['isolation'];
  readonly exchange: (typeof EXCHANGES)[number];
}

/** `duplex: 'half'` if the body is a stream. */
export type SendOptions = RequestInit & { readonly duplex?: 'half' };

/** A guest that answers, whatever carries its requests. The caller must dispose it. */
export interface Answering extends Observed, AsyncDisposable {
  /** A request to a path of the guest. */
  send(path: string, init?: SendOptions): Promise<Response>;
}

/** Every way: the end-to-end tests run in each, `describe.each(ways)('$engine $isolation $exchange', …)`. */
export const ways: readonly Way[] = LOAD_WAYS.flatMap((way) =>
  exchangesFor(way).map((exchange) => ({ ...way, exchange })),
);

/** `restart` differs from `reset` in how an instance becomes ready, not in what carries its requests. */
function exchangesFor({ isolation }: (typeof LOAD_WAYS)[number]): readonly Way['exchange'][] {
  return isolation === 'restart' ? ['node'] : EXCHANGES;
}

/** The ways that end in sockets of ours: raw bytes, trailers, statuses above 599. */
export const nodeWays: readonly Way[] = ways.filter(({ exchange }) => exchange === 'node');

/** Serves a guest of components/ in one way. */
export async function answer(way: Way, name: string, options: ServeOptions = {}): Promise<Answering> {
  if (way.exchange === 'node') return await answerOnSockets(way, name, options);
  return way.exchange === 'fetch' ? await answerFetches(way, name, options) : await answerInHono(way, name, options);
}

async function answerOnSockets(way: Way, name: string, options: ServeOptions): Promise<Answering> {
  const served = await serveGuest(name, options, way);
  return { ...served, send: (path, init) => fetch(`${served.origin}${path}`, init) };
}

async function answerFetches(way: Way, name: string, options: ServeOptions): Promise<Answering> {
  const { observed, log, hostOptions } = observe(options);
  const host = createHost(await guest(name, way), hostOptions, log);
  return {
    ...observed,
    send: (path, init) => host.fetch(new Request(`http://127.0.0.1${path}`, init)),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

async function answerInHono(way: Way, name: string, options: ServeOptions): Promise<Answering> {
  const { observed, log, hostOptions } = observe(options);
  const { engine, isolation } = way;
  const handler = component(guestFile(name), { engine, isolation, cache: TEST_CACHE, ...hostOptions }, log);
  await handler.ready;
  const server = serve({ fetch: new Hono().all('*', handler).fetch, hostname: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...observed,
    send: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    [Symbol.asyncDispose]: async () => {
      await handler[Symbol.asyncDispose]();
      await new Promise((resolve) => {
        server.close(resolve);
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    },
  };
}
